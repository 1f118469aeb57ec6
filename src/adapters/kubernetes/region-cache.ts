import { Buffer } from 'node:buffer';

interface Slot<T> {
  readonly bytes: Buffer;
  readonly value: T;
}

/**
 * Gives the same decoded value again for the same raw bytes: the label maps and port lists of the pods of one
 * deployment are equal byte for byte. Direct-mapped and bounded, as ByteInterner. Two encodings of one value (another
 * map order) get two instances; that costs memory, never correctness.
 */
export class RegionCache<T> {
  readonly #slots: (Slot<T> | undefined)[];
  readonly #mask: number;
  readonly #maxBytes: number;

  /** `slots` is a power of two. Regions over `maxBytes` are decoded each time. */
  constructor(slots: number, maxBytes = 2048) {
    this.#slots = Array.from({ length: slots });
    this.#mask = slots - 1;
    this.#maxBytes = maxBytes;
  }

  /** `decode` is called on a miss; what it throws is not kept. */
  get(bytes: Buffer, start: number, end: number, decode: (start: number, end: number) => T): T {
    const length = end - start;
    if (length > this.#maxBytes) return decode(start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = Math.imul(hash, 31) + (bytes[i] as number);
    const at = (hash ^ (hash >>> 15)) & this.#mask;
    const slot = this.#slots[at];
    if (
      slot !== undefined &&
      slot.bytes.length === length &&
      bytes.compare(slot.bytes, 0, length, start, end) === 0
    )
      return slot.value;
    const value = decode(start, end);
    this.#slots[at] = { bytes: Buffer.from(bytes.subarray(start, end)), value };
    return value;
  }
}
