import type { FeedEncoder } from '../objects/feed-encoder.ts';
import type { FeedEvent } from './feed-event.ts';

/**
 * The events of a batch that one view shows, in one encoding: each is encoded at most once, when the first watcher wants it. Who
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
    const bytes = this.#encode(position);
    this.#single[position] = bytes;
    this.#onBytes(bytes.length);
    return bytes;
  }

  #encode(position: number): Buffer {
    const { type, object } = this.events[position] as FeedEvent;
    return this.#encoder.event(type, object);
  }

  #encodeAll(): Buffer {
    const parts: Buffer[] = [];
    const ends: number[] = [];
    let end = 0;
    let known = 0;
    for (let position = 0; position < this.events.length; position++) {
      const single = this.#single[position];
      const part = single ?? this.#encode(position);
      known += single?.length ?? 0;
      end += part.length;
      parts.push(part);
      ends.push(end);
    }
    this.#single.length = 0;
    this.#ends = ends;
    this.#onBytes(end - known);
    // A copy: pieces of a pool would keep the whole pool alive.
    return Buffer.concat(parts, end);
  }
}
