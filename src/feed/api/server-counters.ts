/** Why the server turned somebody away before anything was looked up. */
export const REJECTIONS = [
  'connections',
  'requests',
  'watches',
  'user-requests',
  'pipelined',
  'user-watches',
  'url',
  'headers',
  'timeout',
  'malformed',
  'tls',
  'body',
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** Why a connection or stream was cut in the middle of an answer. */
export const CUT_OFFS = ['stalled', 'slow', 'overtime'] as const;
/** `stalled`: took nothing for too long; `slow`: a watch fell behind the history, or a list kept others from reading; `overtime`: an answer took too long. */
export type CutOff = (typeof CUT_OFFS)[number];

/** Requests that were answered, by what they asked for. */
export interface RequestCount {
  /** `get`, `list`, `watch`; `other` for every method but GET and HEAD. */
  readonly verb: RequestVerb;
  /** A plural; `discovery`, `openapi`, `health`; '' = none of them. */
  readonly resource: string;
  /** Of the HTTP response; 0 = the client left before. */
  readonly code: number;
  readonly count: number;
}

export type RequestVerb = 'get' | 'list' | 'watch' | 'other';

/** Numbers for metrics. Those that end in `Total` only grow. */
export interface FeedServerStats {
  readonly connections: number;
  readonly connectionsTotal: Readonly<Record<'http/1.1' | 'h2', number>>;
  /** Being answered now, without watches. */
  readonly requestsInFlight: number;
  readonly watches: number;
  readonly requestsTotal: readonly RequestCount[];
  /** Of bodies, after compression. */
  readonly bytesSentTotal: number;
  readonly rejectedTotal: Readonly<Record<Rejection, number>>;
  readonly cutOffTotal: Readonly<Record<CutOff, number>>;
}

/** What the parts of the server count. */
export class ServerCounters {
  bytesSent = 0;
  readonly connections = { 'http/1.1': 0, h2: 0 };
  readonly #rejected = zeros(REJECTIONS);
  readonly #cutOff = zeros(CUT_OFFS);
  readonly #requests = new Map<string, { -readonly [K in keyof RequestCount]: RequestCount[K] }>();

  rejected(why: Rejection): void {
    this.#rejected[why]++;
  }

  cutOff(why: CutOff): void {
    this.#cutOff[why]++;
  }

  answered(verb: RequestVerb, resource: string, code: number): void {
    const key = `${verb} ${resource} ${code}`;
    const known = this.#requests.get(key);
    if (known) known.count++;
    else this.#requests.set(key, { verb, resource, code, count: 1 });
  }

  totals(): Pick<
    FeedServerStats,
    'connectionsTotal' | 'requestsTotal' | 'bytesSentTotal' | 'rejectedTotal' | 'cutOffTotal'
  > {
    return {
      connectionsTotal: { ...this.connections },
      requestsTotal: [...this.#requests.values()].map((count) => ({ ...count })),
      bytesSentTotal: this.bytesSent,
      rejectedTotal: { ...this.#rejected },
      cutOffTotal: { ...this.#cutOff },
    };
  }
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}
