import type { Buffer } from 'node:buffer';
import { GrowingBuffer } from './growing-buffer.ts';
import { BACKSLASH, QUOTE } from './json-scanner.ts';
import { NO_REF, type ObjectRef } from './object-ref.ts';

const MAX_TEXT_BYTES = 1024;
/** `object/metadata/name` is the deepest path that is looked for. */
const MAX_DEPTH = 3;
const WANTED: ReadonlyMap<string, keyof ObjectRef> = new Map([
  ['metadata/name', 'name'],
  ['metadata/namespace', 'namespace'],
  ['metadata/resourceVersion', 'resourceVersion'],
  ['spec/nodeName', 'nodeName'],
]);

/** Picks the identity out of a JSON object (or the `object` of a watch event) that is too large to be read. */
export class JsonIdentity {
  /** Of a watch event: its type. */
  type = '';
  ref: ObjectRef = NO_REF;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The string that is being read, or was read last and is not yet known to be key or value. */
  readonly #text = new GrowingBuffer();
  #sawText = false;
  /** The present key at each depth; '' inside arrays. */
  #keys: string[] = [];

  push(part: Buffer): void {
    for (const byte of part) {
      if (this.#inString) this.#string(byte);
      else this.#structure(byte);
    }
  }

  #string(byte: number): void {
    if (!this.#escaped && byte === QUOTE) {
      this.#inString = false;
      this.#sawText = true;
      return;
    }
    this.#escaped = !this.#escaped && byte === BACKSLASH;
    if (this.#depth <= MAX_DEPTH && this.#text.length < MAX_TEXT_BYTES)
      this.#text.append(Uint8Array.of(byte));
  }

  #structure(byte: number): void {
    switch (byte) {
      case QUOTE:
        this.#inString = true;
        this.#forget();
        return;
      case 0x3a:
        this.#setKey(this.#text.take().toString('utf8'));
        this.#sawText = false;
        return;
      case 0x2c:
        this.#value();
        return;
      case 0x7b:
      case 0x5b:
        this.#depth++;
        this.#setKey('');
        return;
      case 0x7d:
      case 0x5d:
        this.#value();
        this.#depth--;
        return;
      default:
    }
  }

  #setKey(key: string): void {
    if (this.#depth <= MAX_DEPTH) this.#keys[this.#depth] = key;
  }

  #forget(): void {
    this.#text.take();
    this.#sawText = false;
  }

  /** A value of the present object ends; where it was a string it may be one of the wanted. */
  #value(): void {
    if (this.#sawText && this.#depth <= MAX_DEPTH) {
      const path = this.#keys.slice(1, this.#depth + 1).join('/');
      const value = this.#text.take().toString('utf8');
      if (path === 'type') this.type = value;
      const key = WANTED.get(path.startsWith('object/') ? path.slice('object/'.length) : path);
      if (key !== undefined) this.ref = { ...this.ref, [key]: value };
    }
    this.#forget();
  }
}
