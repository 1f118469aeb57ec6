import type { Buffer } from 'node:buffer';
import { GrowingBuffer } from './growing-buffer.ts';
import { asBuffer } from './proto-reader.ts';
import { WireError } from './wire.ts';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Only `items` and `metadata` matter among the keys of a list. */
const MAX_KEY_BYTES = 64;

/** What the scanner finds. `key` is the top-level key that the object stands under, '' in a stream. */
export interface JsonObjectHandler {
  /** A wanted object is whole. Valid during the call only. */
  object(bytes: Buffer, key: string): void;
  /** A part of a wanted object that is over the limit, in order, from its first byte. */
  overflow(part: Buffer): void;
  /** Such an object is over. */
  overflowed(size: number, key: string): void;
}

/**
 * Finds whole objects in a JSON text as it arrives, without building anything: only quotes, escapes, braces and
 * brackets are looked at. Each object is then parsed by JSON.parse, alone.
 *
 * Form `stream`: objects one after the other (a watch). Form `list`: the items of the array `items` and the object
 * `metadata` of one enclosing object.
 */
export class JsonScanner {
  readonly #handler: JsonObjectHandler;
  readonly #list: boolean;
  readonly #maxBytes: number;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Depth around the wanted object that is open; -1 = none is. */
  #openAt = -1;
  /** What is known of the open object from earlier chunks. */
  readonly #collected = new GrowingBuffer();
  #size = 0;
  #ended = false;
  /** The last string at depth 1 of a list, and the key that the present value stands under. */
  readonly #text = new GrowingBuffer();
  #key = '';

  constructor(handler: JsonObjectHandler, form: 'list' | 'stream', maxBytes: number) {
    this.#handler = handler;
    this.#list = form === 'list';
    this.#maxBytes = maxBytes;
  }

  /** Whether the text may end here. For a list: whether its enclosing object is over. */
  get complete(): boolean {
    return this.#depth === 0 && !this.#inString && (this.#ended || !this.#list);
  }

  /** Throws WireError where brackets do not match. */
  push(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    let start = 0;
    for (let i = 0; i < bytes.length; i++) {
      if (this.#inString) {
        i = this.#string(bytes, i);
        continue;
      }
      const byte = bytes[i] as number;
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (this.#open(byte)) start = i;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        if (this.#close()) this.#finish(bytes.subarray(start, i + 1));
      } else if (this.#depth === 1 && this.#list) this.#separator(byte);
    }
    if (this.#openAt >= 0) this.#keep(bytes.subarray(start));
  }

  /** Reads on inside a string; returns the index of its last byte in this chunk. */
  #string(bytes: Buffer, from: number): number {
    let i = from;
    for (; i < bytes.length; i++) {
      if (this.#escaped) this.#escaped = false;
      else if (bytes[i] === BACKSLASH) this.#escaped = true;
      else if (bytes[i] === QUOTE) {
        this.#inString = false;
        break;
      }
    }
    const isKey = this.#list && this.#depth === 1;
    if (isKey && this.#text.length < MAX_KEY_BYTES)
      this.#text.append(bytes.subarray(from, Math.min(i, from + MAX_KEY_BYTES)));
    return i;
  }

  /** Whether a wanted object starts here. */
  #open(byte: number): boolean {
    const wanted = this.#openAt < 0 && byte === OPEN_BRACE && this.#isWanted();
    if (wanted) this.#openAt = this.#depth;
    this.#depth++;
    return wanted;
  }

  #isWanted(): boolean {
    if (!this.#list) return this.#depth === 0;
    return (this.#depth === 1 && this.#key === 'metadata') || (this.#depth === 2 && this.#key === 'items');
  }

  /** Whether the wanted object ends here. */
  #close(): boolean {
    this.#depth--;
    if (this.#depth < 0) throw new WireError('not JSON: a bracket too many');
    if (this.#depth === 0) this.#ended = true;
    return this.#depth === this.#openAt;
  }

  #separator(byte: number): void {
    if (byte === COLON) this.#key = this.#text.take().toString('utf8');
    else if (byte === COMMA) {
      this.#text.take();
      this.#key = '';
    }
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size <= this.#maxBytes) {
      this.#collected.append(part);
      return;
    }
    if (this.#collected.length > 0) this.#handler.overflow(this.#collected.take());
    this.#handler.overflow(part);
  }

  #finish(last: Buffer): void {
    this.#openAt = -1;
    const whole = this.#size === 0;
    const size = this.#size + last.length;
    if (size > this.#maxBytes) {
      this.#keep(last);
      this.#handler.overflowed(size, this.#key);
    } else {
      if (!whole) this.#collected.append(last);
      this.#handler.object(whole ? last : this.#collected.take(), this.#key);
    }
    this.#size = 0;
  }
}
