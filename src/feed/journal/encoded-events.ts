import type { FeedEncoder } from '../objects/feed-encoder.ts';
import type { FeedEvent } from './feed-event.ts';

/**
 * The events of a batch that one view shows, in one encoding: they are encoded when the first watcher wants them. Who
 * wants all of them gets one buffer that all share.
 */
export class EncodedEvents {
  readonly events: readonly FeedEvent[];
  readonly #encoder: FeedEncoder;
  readonly #onBytes: (bytes: number) => void;
  readonly #single: (Buffer | undefined)[] = [];
  #whole: Buffer | undefined;
  /** Where each event ends in `#whole`. */
  #ends: readonly number[] = [];

  /** `onBytes` is told how much memory was added. */
  constructor(events: readonly FeedEvent[], encoder: FeedEncoder, onBytes: (bytes: number) => void) {
    this.events = events;
    this.#encoder = encoder;
    this.#onBytes = onBytes;
  }

  /** Those from one position on. */
  from(position: number): Buffer {
    this.#whole ??= this.#encodeAll();
    return position === 0 ? this.#whole : this.#whole.subarray(this.#ends[position - 1] ?? 0);
  }

  one(position: number): Buffer {
    if (this.#whole !== undefined) {
      return this.#whole.subarray(this.#ends[position - 1] ?? 0, this.#ends[position]);
    }
    const known = this.#single[position];
    if (known !== undefined) return known;
    const { type, object } = this.events[position] as FeedEvent;
    const bytes = this.#encoder.event(type, object);
    this.#single[position] = bytes;
    this.#onBytes(bytes.length);
    return bytes;
  }

  #encodeAll(): Buffer {
    const { bytes, ends } = this.#encoder.events(this.events);
    const known = this.#single.reduce((sum, single) => sum + (single?.length ?? 0), 0);
    this.#single.length = 0;
    this.#ends = ends;
    this.#onBytes(bytes.length - known);
    return bytes;
  }
}
