import { hash } from 'node:crypto';
import type { ClusterStatus, FleetStatus } from '../../contract/cluster-status.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { FeedObject, RemoteClusterState } from '../feed-object.ts';
import type { FeedEvent } from './feed-event.ts';

/** Counts change with every object: they are told at most so often. */
const COUNTS_MS = 10_000;

interface Known {
  readonly object: FeedObject;
  readonly content: RemoteClusterState;
  /** What is told at once when it changes, as text. */
  readonly condition: string;
  /** When the counts that are told were read, monotonic. */
  readonly countedAt: number;
}

export interface RemoteClustersOptions {
  readonly fleet: Pick<FleetStatus, 'clusters'>;
  /** The clusters of which data is held: one of them is not gone, even if nobody wants it any more. */
  readonly held: () => readonly string[];
  readonly clock: Clock;
  /** Names this process, for UIDs. */
  readonly process: string;
  /** A new sequence number. */
  readonly bump: () => number;
}

/**
 * The remote clusters as objects. Their status is looked at, not followed: what changes all the time in it would otherwise wake every
 * watcher every second.
 */
export class RemoteClusters {
  readonly #options: RemoteClustersOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: RemoteClustersOptions) {
    this.#options = options;
  }

  /** In the order of their names. */
  get objects(): readonly FeedObject[] {
    return Array.from(this.#known.values(), ({ object }) => object).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
  }

  get(name: string): FeedObject | undefined {
    return this.#known.get(name)?.object;
  }

  /** Looks at the clusters; returns what is new since the last look, in the order of sequences. */
  look(): FeedEvent[] {
    const events: FeedEvent[] = [];
    const present = new Set<string>();
    for (const status of this.#options.fleet.clusters()) {
      present.add(status.name);
      const event = this.#see(status);
      if (event !== undefined) events.push(event);
    }
    const held = new Set(this.#options.held());
    for (const [name, { object }] of this.#known) {
      if (present.has(name) || held.has(name)) continue;
      this.#known.delete(name);
      events.push({ type: 'DELETED', object: { ...object, sequence: this.#options.bump() } });
    }
    return events;
  }

  #see(status: ClusterStatus): FeedEvent | undefined {
    const { clock, bump } = this.#options;
    const known = this.#known.get(status.name);
    const condition = conditionOf(status);
    const now = clock.monotonic();
    if (known === undefined) {
      const created = clock.now();
      const uid = this.#uid(status.name, created);
      const content: RemoteClusterState = { kind: 'RemoteCluster', status: { ...status }, created, uid };
      const object = objectOf(content, bump());
      this.#known.set(status.name, { object, content, condition, countedAt: now });
      return { type: 'ADDED', object };
    }
    const isSame = known.condition === condition;
    const before = known.content.status;
    if (isSame && now - known.countedAt < COUNTS_MS) return undefined;
    if (isSame && JSON.stringify(before.counts) === JSON.stringify(status.counts)) return undefined;
    const lastContact = isSame ? before.lastContact : status.lastContact;
    const content = { ...known.content, status: { ...status, lastContact } };
    const object = objectOf(content, bump());
    this.#known.set(status.name, { object, content, condition, countedAt: now });
    return { type: 'MODIFIED', object, before: known.content };
  }

  #uid(name: string, created: number): string {
    const hex = hash('sha1', `${this.#options.process}\0${name}\0${created}`, 'hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
}

function objectOf(content: RemoteClusterState, sequence: number): FeedObject {
  const { name } = content.status;
  return { resource: 'remoteclusters', cluster: name, namespace: '', name, sequence, content };
}

/** Everything that is shown but counts and the last contact. */
function conditionOf(status: ClusterStatus): string {
  const { reason, message, since, stale, datastoreType, overlayRoutingMode, datastores } = status;
  return JSON.stringify([
    status.status,
    reason,
    message,
    since,
    stale,
    datastoreType,
    overlayRoutingMode,
    datastores,
  ]);
}
