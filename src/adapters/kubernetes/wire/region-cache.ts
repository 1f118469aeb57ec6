import { Buffer } from 'node:buffer';

interface Slot<T> {
  readonly bytes: Buffer;
  readonly value: T;
}

/** Starts and ends of parts of one buffer, in pairs; mostly one. */
export type Ranges = readonly number[];

/**
 * Gives the same decoded value again for the same raw bytes: the label maps and port lists of the pods of one
 * deployment are equal byte for byte. Direct-mapped and bounded, as ByteInterner. Two encodings of one value (another
 * map order) get two instances; that costs memory, never correctness.
 */
export class RegionCache<T> {
  readonly #slots: (Slot<T> | undefined)[];
  readonly #mask: number;
  readonly #maxBytes: number;
  /** What the last call gave: a list has the pods of one deployment one after the other. */
  #last: Slot<T> | undefined;

  /** `slots` is a power of two. Regions over `maxBytes` are decoded each time. */
  constructor(slots: number, maxBytes = 2048) {
    this.#slots = Array.from({ length: slots });
    this.#mask = slots - 1;
    this.#maxBytes = maxBytes;
  }

  /**
   * The value of all ranges taken together. `decode` is called on a miss, with those bytes for the time of the call;
   * what it throws is not kept.
   */
  get(bytes: Buffer, ranges: Ranges, decode: (region: Buffer) => T): T {
    const length = lengthOf(ranges);
    if (length > this.#maxBytes) return decode(joined(bytes, ranges));
    const last = this.#last;
    if (last !== undefined && holds(last.bytes, length, bytes, ranges)) return last.value;
    const at = hashOf(bytes, ranges) & this.#mask;
    let slot = this.#slots[at];
    if (slot === undefined || !holds(slot.bytes, length, bytes, ranges)) {
      const region = Buffer.from(joined(bytes, ranges));
      slot = { bytes: region, value: decode(region) };
      this.#slots[at] = slot;
    }
    this.#last = slot;
    return slot.value;
  }
}

function lengthOf(ranges: Ranges): number {
  let length = 0;
  for (let i = 0; i < ranges.length; i += 2) length += (ranges[i + 1] as number) - (ranges[i] as number);
  return length;
}

function hashOf(bytes: Buffer, ranges: Ranges): number {
  let hash = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const end = ranges[i + 1] as number;
    for (let at = ranges[i] as number; at < end; at++) hash = Math.imul(hash, 31) + (bytes[at] as number);
  }
  return hash ^ (hash >>> 15);
}

/** Whether `region` is what the ranges are together; nothing is joined for that. */
function holds(region: Buffer, length: number, bytes: Buffer, ranges: Ranges): boolean {
  if (region.length !== length) return false;
  let done = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const start = ranges[i] as number;
    const end = ranges[i + 1] as number;
    if (bytes.compare(region, done, done + end - start, start, end) !== 0) return false;
    done += end - start;
  }
  return true;
}

function joined(bytes: Buffer, ranges: Ranges): Buffer {
  if (ranges.length === 2) return bytes.subarray(ranges[0], ranges[1]);
  const parts: Buffer[] = [];
  for (let i = 0; i < ranges.length; i += 2) parts.push(bytes.subarray(ranges[i], ranges[i + 1]));
  return Buffer.concat(parts);
}

/** Adds [start, end) to a list of ranges, growing the last where they touch. */
export function addRange(ranges: number[], start: number, end: number): void {
  if (ranges.length > 0 && ranges[ranges.length - 1] === start) ranges[ranges.length - 1] = end;
  else ranges.push(start, end);
}
