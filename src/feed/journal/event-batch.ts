import type { FeedView } from '../feed-object.ts';
import type { FeedEncoder } from '../objects/feed-encoder.ts';
import { changeSize } from './content-size.ts';
import { EncodedEvents } from './encoded-events.ts';
import type { FeedEvent } from './feed-event.ts';
import { isInView, showsEverything } from './in-view.ts';

/** A view in an encoding: what watchers that share bytes have in common. */
export interface Variant {
  /** Equal for equal variants of one collection. */
  readonly key: string;
  readonly view: FeedView;
  readonly encoder: FeedEncoder;
}

/** Who is told what a batch takes after it was made. */
export interface BatchAccount {
  /** So many bytes were encoded. */
  readonly encoded: (bytes: number) => void;
  /** It takes so much more memory. */
  readonly grown: (bytes: number) => void;
}

/** An event with its object beside the contents; a batch with its maps. */
const EVENT_BYTES = 200;
const BATCH_BYTES = 600;
const VARIANT_BYTES = 400;

/** Events of one collection that became visible together, in the order of their sequences. Never empty. */
export class EventBatch {
  readonly events: readonly FeedEvent[];
  readonly first: number;
  readonly last: number;
  readonly #encoded = new Map<string, EncodedEvents>();
  readonly #account: BatchAccount;
  #byCluster: ReadonlyMap<string, readonly FeedEvent[]> | undefined;
  #bytes: number;

  /** `bytes`: the sizes of the events together. */
  constructor(events: readonly FeedEvent[], bytes: number, account: BatchAccount) {
    this.events = events;
    this.first = events[0]?.object.sequence ?? 0;
    this.last = events.at(-1)?.object.sequence ?? 0;
    this.#account = account;
    this.#bytes = BATCH_BYTES + bytes;
  }

  /** Estimated memory, encoded bytes included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the variant shows of it; undefined = nothing. */
  encoded({ key, view, encoder }: Variant): EncodedEvents | undefined {
    const known = this.#encoded.get(key);
    if (known !== undefined) return known;
    const shown = this.#shown(view);
    // Most clusters have nothing in most batches.
    if (shown.length === 0) return undefined;
    const encoded = new EncodedEvents(shown, encoder, (bytes) => {
      this.#account.encoded(bytes);
      this.#grow(bytes);
    });
    this.#encoded.set(key, encoded);
    this.#grow(VARIANT_BYTES);
    return encoded;
  }

  #shown(view: FeedView): readonly FeedEvent[] {
    const resource = this.events[0]?.object.resource;
    if (resource !== undefined && showsEverything(resource, view)) return this.events;
    if (view.view === 'merged') return this.events.filter(({ object }) => isInView(object, view));
    this.#byCluster ??= Map.groupBy(this.events, ({ object }) => object.cluster);
    return this.#byCluster.get(view.cluster) ?? [];
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#account.grown(bytes);
  }
}

/** Roughly the memory that an event takes before it is encoded. */
export function eventSize({ object, before }: FeedEvent): number {
  return EVENT_BYTES + changeSize(object.content, before !== undefined);
}
