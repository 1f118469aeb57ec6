import type { ClusterStatus } from '../contract/cluster-status.ts';
import type { Clock } from '../runtime/clock.ts';
import type { EventRecorder } from './events/event-recorder.ts';
import { eventType, isClusterReason } from './events/event-reasons.ts';
import { type ObjectEvent, clusterReference } from './events/object-event.ts';
import { TokenBucket } from './events/token-bucket.ts';

export interface ClusterEventsOptions {
  readonly recorder: Pick<EventRecorder, 'record' | 'queued'>;
  /** False in a dry run, and while another process leads. */
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
}

/** Events of one cluster at once, and how long until one more may follow. */
const BURST = 6;
const EVERY_MS = 60_000;
/** While so many Events wait no more are added: the others say then what is true then. */
const MAX_WAITING = 50;
/** To be in sync for longer than this is no news. */
const NEWS_MS = 300_000;

/** What was said of one cluster. */
interface Told {
  /** undefined = nothing yet. */
  state: string | undefined;
  readonly bucket: TokenBucket;
}

interface Due {
  readonly told: Told;
  readonly state: string;
  readonly event: ObjectEvent;
}

/**
 * Tells whoever describes a RemoteClusterConfiguration how its cluster is: an Event whenever it is in sync, fails, or cannot
 * be used for another reason than was told last. Steps on the way (connecting, listing, listing again) are not told, nor is
 * the return from one of them to what was told before; of an RCC that is invalid a new message is news too.
 *
 * Level-based, so that the newest Event is true in the end: what is too much now is looked at again, and is told as it is
 * then. Too much is more than six Events of one cluster, and one a minute after that; and whatever comes while 50 Events wait,
 * failures first, as all Events together are written at two a second. That holds for a start with many clusters too, where
 * the Events of an earlier run are counted up. What a process finds when it begins to write, at its start or
 * as a new leader, is told anew if it is a failure, and else only if it is younger than five minutes. Who may not
 * write tells nothing and remembers nothing.
 */
export class ClusterEvents {
  readonly #options: ClusterEventsOptions;
  readonly #told = new Map<string, Told>();

  constructor(options: ClusterEventsOptions) {
    this.#options = options;
  }

  /** All clusters as they are now; those that are missing are forgotten. To be called often; cheap. */
  look(clusters: readonly ClusterStatus[]): void {
    const { recorder, mayWrite, clock } = this.#options;
    if (!mayWrite()) {
      this.#told.clear();
      return;
    }
    const present = new Set(clusters.map(({ name }) => name));
    for (const name of this.#told.keys()) if (!present.has(name)) this.#told.delete(name);
    const due = clusters.flatMap((cluster) => this.#due(cluster) ?? []);
    const isFailure = ({ event }: Due): boolean => eventType(event.reason) === 'Warning';
    for (const { told, state, event } of [
      ...due.filter(isFailure),
      ...due.filter((one) => !isFailure(one)),
    ]) {
      if (recorder.queued >= MAX_WAITING) return;
      if (told.bucket.take(clock.monotonic()) && recorder.record(event)) told.state = state;
    }
  }

  #due({ name, object, status, reason, message, since }: ClusterStatus): Due | undefined {
    // Without a UID kubectl does not find the Event.
    if (object === undefined || object.uid === '' || !isClusterReason(reason)) return undefined;
    const { clock } = this.#options;
    const state = JSON.stringify([object.uid, status, reason, status === 'ConfigIncomplete' ? message : '']);
    const known = this.#told.get(name);
    if (known?.state === state) return undefined;
    const told = known ?? { state: undefined, bucket: new TokenBucket(BURST, EVERY_MS, clock.monotonic()) };
    this.#told.set(name, told);
    if (told.state === undefined && eventType(reason) === 'Normal' && clock.now() - since > NEWS_MS) {
      told.state = state;
      return undefined;
    }
    return { told, state, event: { object: clusterReference(name, object), reason, message, isState: true } };
  }
}
