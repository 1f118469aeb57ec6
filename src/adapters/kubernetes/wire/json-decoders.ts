import type { Buffer } from 'node:buffer';
import { TextDecoder } from 'node:util';
import type { JsonObject } from '../../../model/json-field.ts';
import { JsonIdentity } from './json-identity.ts';
import { type JsonObjectHandler, JsonScanner } from './json-scanner.ts';
import { type BodyDecoder, type ListHandler, type WatchHandler, WireError, tooLarge } from './wire.ts';

const strict = new TextDecoder('utf-8', { fatal: true });

/** Throws SyntaxError or TypeError (not UTF-8). The scanner only hands over what starts with a brace. */
function parse(bytes: Buffer): JsonObject {
  return JSON.parse(strict.decode(bytes)) as JsonObject;
}

function identify(bytes: Buffer): JsonIdentity {
  const identity = new JsonIdentity();
  identity.push(bytes);
  return identity;
}

/** Reads a JSON list as it arrives and hands over each item as soon as it is whole. */
export class JsonListDecoder implements BodyDecoder, JsonObjectHandler {
  readonly #handler: ListHandler<JsonObject>;
  readonly #maxObjectBytes: number;
  readonly #scanner: JsonScanner;
  #identity = new JsonIdentity();

  constructor(handler: ListHandler<JsonObject>, maxObjectBytes: number) {
    this.#handler = handler;
    this.#maxObjectBytes = maxObjectBytes;
    this.#scanner = new JsonScanner(this, 'list', maxObjectBytes);
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  end(): void {
    if (!this.#scanner.complete) throw new WireError('the list broke off');
  }

  object(bytes: Buffer, key: string): void {
    let object: JsonObject;
    try {
      object = parse(bytes);
    } catch (error) {
      if (key !== 'items') throw new WireError('the metadata of the list is not JSON', { cause: error });
      this.#handler.unreadable(identify(bytes).ref, 'is not JSON');
      return;
    }
    if (key === 'items') this.#handler.item(object);
    else
      this.#handler.meta({
        resourceVersion: text(object, 'resourceVersion'),
        continue: text(object, 'continue'),
      });
  }

  overflow(part: Buffer): void {
    this.#identity.push(part);
  }

  overflowed(size: number, key: string): void {
    if (key !== 'items') throw new WireError('the metadata of the list is too large');
    this.#handler.unreadable(this.#identity.ref, tooLarge(size, this.#maxObjectBytes));
    this.#identity = new JsonIdentity();
  }
}

/** What JSON adds around the object of a watch event: `{"type":"MODIFIED","object":…}`. */
const EVENT_BYTES = 64;

/** Reads a JSON watch stream as it arrives. */
export class JsonWatchDecoder implements BodyDecoder, JsonObjectHandler {
  readonly #handler: WatchHandler<JsonObject>;
  readonly #maxObjectBytes: number;
  readonly #scanner: JsonScanner;
  #identity = new JsonIdentity();

  constructor(handler: WatchHandler<JsonObject>, maxObjectBytes: number) {
    this.#handler = handler;
    this.#maxObjectBytes = maxObjectBytes;
    this.#scanner = new JsonScanner(this, 'stream', maxObjectBytes + EVENT_BYTES);
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  end(): void {
    if (!this.#scanner.complete) throw new WireError('the watch broke off inside an event');
  }

  object(bytes: Buffer): void {
    let event: JsonObject;
    try {
      event = parse(bytes);
    } catch {
      const { type, ref } = identify(bytes);
      this.#handler.unreadable(type, ref, 'is not JSON');
      return;
    }
    const { object } = event as { readonly object?: unknown };
    const type = text(event, 'type');
    if (typeof object === 'object' && object !== null) this.#handler.event(type, object as JsonObject);
    else this.#handler.unreadable(type, identify(bytes).ref, 'the event has no object');
  }

  overflow(part: Buffer): void {
    this.#identity.push(part);
  }

  overflowed(size: number): void {
    const { type, ref } = this.#identity;
    this.#identity = new JsonIdentity();
    this.#handler.unreadable(type, ref, tooLarge(size, this.#maxObjectBytes));
  }
}

function text(from: JsonObject, key: string): string {
  const value = from[key];
  return typeof value === 'string' ? value : '';
}
