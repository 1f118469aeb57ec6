import type { Buffer } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { ProtoError } from './proto-reader.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a range. Throws ProtoError where it is not UTF-8. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  let high = 0;
  for (let i = start; i < end; i++) high |= bytes[i] as number;
  return high < 0x80 ? bytes.toString('latin1', start, end) : decodeStrict(bytes, start, end);
}

function decodeStrict(bytes: Buffer, start: number, end: number): string {
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch (error) {
    throw new ProtoError('text is not UTF-8', { cause: error });
  }
}

/**
 * Turns bytes into strings and gives the same string again for the same bytes, without allocating. A direct-mapped
 * cache: a slot holds the last text that hashed to it, so it never grows and needs no eviction; a collision costs
 * one more decoding. (A Map keyed by hash would grow without bound with what a remote sends.)
 */
export class ByteInterner {
  readonly #slots: (string | undefined)[];
  readonly #mask: number;
  readonly #maxLength: number;

  /** `slots` is a power of two. Texts over `maxLength` bytes are decoded but not kept. */
  constructor(slots: number, maxLength = 256) {
    this.#slots = Array.from({ length: slots });
    this.#mask = slots - 1;
    this.#maxLength = maxLength;
  }

  /** Throws ProtoError where the bytes are not UTF-8. */
  string(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return '';
    if (length > this.#maxLength) return textOf(bytes, start, end);
    let hash = length;
    let high = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      hash = Math.imul(hash, 31) + byte;
      high |= byte;
    }
    if (high >= 0x80) return decodeStrict(bytes, start, end);
    const slot = (hash ^ (hash >>> 15)) & this.#mask;
    const known = this.#slots[slot];
    if (known !== undefined && equalsAscii(known, bytes, start, length)) return known;
    const text = bytes.toString('latin1', start, end);
    this.#slots[slot] = text;
    return text;
  }
}

function equalsAscii(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) return false;
  }
  return true;
}
