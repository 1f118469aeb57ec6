import { MessageTooLarge } from './grpc-status.ts';
import { ProtoError } from './proto-reader.ts';

const PREFIX = 5;

/** Puts the length prefix of gRPC in front of a message (grpc/grpc, doc/PROTOCOL-HTTP2.md). */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX);
  return framed;
}

/**
 * Cuts a response body into messages. A message that lies within one chunk is handed over as a view of it; one that
 * spans chunks is copied once, into a buffer of its exact size.
 */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #onMessage: (message: Buffer) => void;
  readonly #allocate: (length: number) => Buffer;
  readonly #prefix = Buffer.alloc(PREFIX);
  #prefixFilled = 0;
  #body: Buffer | undefined;
  #bodyFilled = 0;

  /** `allocate` makes the buffer of a message that spans chunks. */
  constructor(
    maxBytes: number,
    onMessage: (message: Buffer) => void,
    allocate = (length: number): Buffer => Buffer.allocUnsafeSlow(length),
  ) {
    this.#maxBytes = maxBytes;
    this.#onMessage = onMessage;
    this.#allocate = allocate;
  }

  /** Whether the body ended inside a message. */
  get partial(): boolean {
    return this.#prefixFilled > 0;
  }

  /** @throws ProtoError, MessageTooLarge, and what the handler throws; no more may be pushed then. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#body === undefined ? this.#start(chunk, at) : this.#fill(chunk, at);
  }

  #start(chunk: Buffer, from: number): number {
    const take = Math.min(PREFIX - this.#prefixFilled, chunk.length - from);
    chunk.copy(this.#prefix, this.#prefixFilled, from, from + take);
    this.#prefixFilled += take;
    const at = from + take;
    if (this.#prefixFilled < PREFIX) return at;
    if (this.#prefix[0] !== 0) throw new ProtoError('the peer sent a compressed message unasked');
    const length = this.#prefix.readUInt32BE(1);
    if (length > this.#maxBytes) throw new MessageTooLarge(`a message of ${length} bytes`);
    if (length <= chunk.length - at) {
      this.#prefixFilled = 0;
      this.#onMessage(chunk.subarray(at, at + length));
      return at + length;
    }
    this.#body = this.#allocate(length);
    this.#bodyFilled = 0;
    return at;
  }

  #fill(chunk: Buffer, from: number): number {
    const body = this.#body as Buffer;
    const take = Math.min(body.length - this.#bodyFilled, chunk.length - from);
    chunk.copy(body, this.#bodyFilled, from, from + take);
    this.#bodyFilled += take;
    if (this.#bodyFilled === body.length) {
      this.#body = undefined;
      this.#prefixFilled = 0;
      this.#onMessage(body);
    }
    return from + take;
  }
}
