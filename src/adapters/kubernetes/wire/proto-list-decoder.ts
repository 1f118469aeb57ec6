import type { Buffer } from 'node:buffer';
import { readListMeta } from './proto-envelope.ts';
import { IdentityCollector } from './proto-identity.ts';
import { ProtoError } from './proto-reader.ts';
import { ProtoStream, type ProtoStreamHandler, type Treatment } from './proto-stream.ts';
import { type BodyDecoder, type ListHandler, WireError, tooLarge } from './wire.ts';

const RAW = 2;
const LIST_META = 1;
const ITEMS = 2;
const MAX_LIST_META_BYTES = 1024 * 1024;

/** Reads `k8s\0` + Unknown{2 raw = XList{1 ListMeta, 2 items}} and hands over each item as soon as it is whole. */
export class ProtoListDecoder implements BodyDecoder, ProtoStreamHandler {
  readonly #handler: ListHandler<Buffer>;
  readonly #maxObjectBytes: number;
  readonly #identity = new IdentityCollector(2);
  readonly #stream: ProtoStream;
  #sawList = false;
  #oversize = 0;

  constructor(handler: ListHandler<Buffer>, maxObjectBytes: number) {
    this.#handler = handler;
    this.#maxObjectBytes = maxObjectBytes;
    this.#stream = new ProtoStream(this, 'envelope');
  }

  push(chunk: Uint8Array): void {
    wired(() => this.#stream.push(chunk));
  }

  end(): void {
    if (!this.#sawList || !this.#stream.complete) throw new WireError('the list broke off');
  }

  field(path: readonly number[], number: number, length: number): Treatment {
    if (path.length === 0) return number === RAW ? 'enter' : 'skip';
    if (path.length > 1) return this.#identity.field(path, number, length);
    if (number === LIST_META) {
      if (length > MAX_LIST_META_BYTES) throw new ProtoError('list metadata too large');
      return 'capture';
    }
    if (number !== ITEMS) return 'skip';
    if (length <= this.#maxObjectBytes) return 'capture';
    this.#oversize = length;
    this.#identity.begin();
    return 'enter';
  }

  captured(path: readonly number[], number: number, bytes: Buffer): void {
    if (path.length > 1) this.#identity.captured(path, number, bytes);
    else if (number === ITEMS) this.#handler.item(bytes);
    else this.#handler.meta(readListMeta(bytes));
  }

  left(path: readonly number[]): void {
    if (path.length === 1) this.#sawList = true;
    if (path.length === 2) {
      this.#handler.unreadable(this.#identity.ref, tooLarge(this.#oversize, this.#maxObjectBytes));
    }
  }
}

/** Turns ProtoError, which means one object, into WireError, which means the stream. */
function wired(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtoError)
      throw new WireError(`not a protobuf list: ${error.message}`, { cause: error });
    throw error;
  }
}
