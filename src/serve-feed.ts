import type { FeedConfig } from './config/feed-config.ts';
import type { FleetStatus } from './contract/cluster-status.ts';
import type { Reporter } from './contract/event.ts';
import type { FeedView } from './contract/feed-view.ts';
import type { Lister } from './contract/lister.ts';
import type { LocalApi } from './contract/local-api.ts';
import { openFeedAccess, type FeedAccess } from './feed/access/feed-access.ts';
import { FeedServer } from './feed/api/feed-server.ts';
import { JournalStore } from './feed/journal/journal-store.ts';
import type { Clock } from './runtime/clock.ts';
import type { Random } from './runtime/random.ts';

/** The feed, listening. */
export interface Feed {
  /** `host:port` that is bound. */
  readonly address: string;
  readonly view: () => FeedView;
  /** Serves until the signal aborts; then ends every watch and resolves. Before that nothing but errors is answered. */
  run(signal: AbortSignal): Promise<void>;
  /** For a feed that is not to run after all. */
  close(): Promise<void>;
}

export interface FeedSurroundings {
  readonly version: string;
  readonly lister: Lister;
  readonly fleet: FleetStatus;
  readonly localApi: LocalApi | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Reporter;
}

/** Reads certificates and tokens, and listens. Rejects with an Error that names the option. */
export async function openFeed(config: FeedConfig, surroundings: FeedSurroundings): Promise<Feed> {
  const { version, lister, fleet, localApi, clock, random, report } = surroundings;
  const options = { ...config, host: config.address.host };
  const access = await openFeedAccess(options, { clock, localApi, report });
  const store = new JournalStore({ lister, fleet, clock, random, report });
  const server = new FeedServer({
    store,
    access,
    clock,
    version,
    ready: () => fleet.ready().ready,
    limits: config.limits,
    report: (event) => {
      if (event.event === 'feed.error')
        report({ event: 'internal.error', message: `feed: ${event.message}` });
    },
  });
  const address = await server.listen(config.address);
  report({ event: 'feed.started', feedAddress: address, access: accessText(config) });
  return {
    address,
    view: () => viewOf({ access, store, server }),
    run: async (signal) => {
      try {
        await Promise.all([store.run(signal), access.run(signal)]);
      } finally {
        await server.close();
      }
    },
    close: () => server.close(),
  };
}

function accessText(config: FeedConfig): string {
  const ways = [
    ...(config.clientCaFile === undefined ? [] : ['client certificates']),
    ...(config.tokenFile === undefined ? [] : ['a token file']),
    ...(config.tokenReview ? ['TokenReview'] : []),
  ];
  const tls = config.tlsCertFile === undefined ? 'without TLS' : 'with TLS';
  if (ways.length === 0) return `${tls}, to everybody who reaches it`;
  const others = config.anonymous ? ', and to everybody else who reaches it' : '';
  return `${tls}, to clients known by ${ways.join(', ')}${others}`;
}

interface Parts {
  readonly access: FeedAccess;
  readonly store: JournalStore;
  readonly server: FeedServer;
}

function viewOf({ access, store, server }: Parts): FeedView {
  const { authentications, decisions, rejectedFiles, certificateNotAfter } = access.stats;
  const { watches, ...journal } = store.stats();
  const { connections, connectionsTotal, requestsInFlight, requestsTotal, ...http } = server.stats();
  return {
    connections,
    connectionsTotal,
    requestsInFlight,
    requestsTotal,
    bytesSentTotal: http.bytesSentTotal,
    rejectedTotal: http.rejectedTotal,
    cutOffTotal: http.cutOffTotal,
    watches,
    watchesEndedTotal: journal.watchesEndedTotal,
    ringEvents: journal.ringEvents,
    ringBytes: journal.ringBytes,
    changesTotal: journal.changesTotal,
    eventsTotal: journal.eventsTotal,
    encodedBytesTotal: journal.encodedBytesTotal,
    snapshots: journal.snapshots,
    snapshotsDroppedTotal: journal.snapshotsDroppedTotal,
    authenticationsTotal: authentications,
    decisionsTotal: decisions,
    rejectedFiles,
    certificateNotAfter,
  };
}
