type Counts = Readonly<Record<string, number>>;

/** What one scrape shows of the feed. Names that end in `Total` only grow. */
export interface FeedView {
  readonly connections: number;
  readonly connectionsTotal: Counts;
  /** Requests that are being answered, without watches. */
  readonly requestsInFlight: number;
  readonly requestsTotal: readonly {
    readonly verb: string;
    readonly resource: string;
    /** Of the HTTP answer; 0 = the client left before. */
    readonly code: number;
    readonly count: number;
  }[];
  readonly bytesSentTotal: number;
  /** Clients that were turned away, by what was too much or wrong. */
  readonly rejectedTotal: Counts;
  /** Answers that were cut off, by why. */
  readonly cutOffTotal: Counts;
  /** Open watches by resource. */
  readonly watches: Counts;
  readonly watchesEndedTotal: Counts;
  /** The history of events that watches are served from. */
  readonly ringEvents: number;
  readonly ringBytes: number;
  readonly changesTotal: number;
  readonly eventsTotal: number;
  readonly encodedBytesTotal: number;
  /** Lists under way and continue tokens. */
  readonly snapshots: number;
  readonly snapshotsDroppedTotal: number;
  readonly authenticationsTotal: Counts;
  readonly decisionsTotal: Counts;
  /** Sets of files (certificates, tokens) whose present content cannot be used. */
  readonly rejectedFiles: number;
  /** End of the serving certificate, milliseconds since the epoch; null = no TLS. */
  readonly certificateNotAfter: number | null;
}
