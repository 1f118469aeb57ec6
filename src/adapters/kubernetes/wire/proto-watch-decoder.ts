import { Buffer } from 'node:buffer';
import { Assembly } from './assembly.ts';
import { textOf } from './byte-interner.ts';
import { type WatchEvent, readWatchEvent } from './proto-envelope.ts';
import type { ObjectRef } from './object-ref.ts';
import { IdentityCollector } from './proto-identity.ts';
import { ProtoError, asBuffer } from './proto-reader.ts';
import { ProtoStream, type ProtoStreamHandler, type Treatment } from './proto-stream.ts';
import { type BodyDecoder, type WatchHandler, WireError, tooLarge } from './wire.ts';

const PREFIX_BYTES = 4;
/** What the event and its envelope add to the object at most. */
const ENVELOPE_BYTES = 4096;
const MAX_TYPE_BYTES = 64;

/** Reads the frames of a protobuf watch stream: a length of four bytes, big-endian, then a WatchEvent. */
export class ProtoWatchDecoder implements BodyDecoder {
  readonly #handler: WatchHandler<Buffer>;
  readonly #maxFrameBytes: number;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixRead = 0;
  /** Bytes of the present frame that are still to come. */
  #need = 0;
  readonly #assembly = new Assembly();
  #large: IdentityOnly | undefined;

  constructor(handler: WatchHandler<Buffer>, maxObjectBytes: number) {
    this.#handler = handler;
    this.#maxFrameBytes = maxObjectBytes + ENVELOPE_BYTES;
  }

  push(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    let pos = 0;
    while (pos < bytes.length) {
      pos = this.#prefixRead < PREFIX_BYTES ? this.#readPrefix(bytes, pos) : this.#readFrame(bytes, pos);
    }
  }

  end(): void {
    if (this.#prefixRead > 0) throw new WireError('the watch broke off inside an event');
  }

  #readPrefix(bytes: Buffer, pos: number): number {
    this.#prefix[this.#prefixRead++] = bytes[pos] as number;
    if (this.#prefixRead < PREFIX_BYTES) return pos + 1;
    this.#need = this.#prefix.readUInt32BE(0);
    if (this.#need > this.#maxFrameBytes) this.#large = new IdentityOnly(this.#need);
    if (this.#need === 0) this.#finish(Buffer.alloc(0));
    return pos + 1;
  }

  #readFrame(bytes: Buffer, pos: number): number {
    const count = Math.min(this.#need, bytes.length - pos);
    const part = bytes.subarray(pos, pos + count);
    this.#need -= count;
    if (this.#large === undefined) {
      const frame = this.#assembly.add(part, this.#need);
      if (frame !== undefined) this.#finish(frame);
    } else {
      this.#large.push(part);
      if (this.#need === 0) this.#finish(part);
    }
    return pos + count;
  }

  #finish(frame: Buffer): void {
    const large = this.#large;
    this.#large = undefined;
    this.#prefixRead = 0;
    if (large === undefined) this.#deliver(frame);
    else this.#handler.unreadable(large.type, large.ref, tooLarge(large.size, this.#maxFrameBytes));
  }

  #deliver(frame: Buffer): void {
    let event: WatchEvent;
    try {
      event = readWatchEvent(frame);
    } catch (error) {
      if (!(error instanceof ProtoError)) throw error;
      const rest = new IdentityOnly(frame.length);
      rest.push(frame);
      this.#handler.unreadable(rest.type, rest.ref, error.message);
      return;
    }
    this.#handler.event(event.type, event.object);
  }
}

/** A frame over the limit, or broken: only its type and the identity of its object are kept while it passes. */
class IdentityOnly implements ProtoStreamHandler {
  type = '';
  readonly size: number;
  /** WatchEvent.object (2), RawExtension.raw (1), Unknown.raw (2), then the object. */
  readonly #identity = new IdentityCollector(3);
  readonly #stream: ProtoStream;
  #broken = false;

  constructor(size: number) {
    this.size = size;
    this.#stream = new ProtoStream(this, 'bare', size);
  }

  get ref(): ObjectRef {
    return this.#identity.ref;
  }

  push(part: Buffer): void {
    if (this.#broken) return;
    try {
      this.#stream.push(part);
    } catch (error) {
      if (!(error instanceof ProtoError)) throw error;
      this.#broken = true;
    }
  }

  field(path: readonly number[], number: number, length: number): Treatment {
    if (path.length === 0) {
      if (number === 1 && length <= MAX_TYPE_BYTES) return 'capture';
      return number === 2 ? 'enter' : 'skip';
    }
    if (path.length === 1) return number === 1 ? 'enter-envelope' : 'skip';
    if (path.length === 2) return number === 2 ? 'enter' : 'skip';
    return this.#identity.field(path, number, length);
  }

  captured(path: readonly number[], number: number, bytes: Buffer): void {
    if (path.length === 0) this.type = textOf(bytes, 0, bytes.length);
    else this.#identity.captured(path, number, bytes);
  }
}
