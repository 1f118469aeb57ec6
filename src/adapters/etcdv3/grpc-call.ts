import { constants } from 'node:http2';
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { connectionError, ConnectionError } from './connection-error.ts';
import type { Endpoint } from './endpoint.ts';
import { frame, FrameReader } from './grpc-frames.ts';
import { statusOf } from './grpc-status.ts';
import type { GrpcError } from './grpc-status.ts';

export interface CallOptions {
  /** `/etcdserverpb.KV/Range`. */
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** A larger message ends the call with MessageTooLarge. */
  readonly maxMessageBytes: number;
  /** Called with each message as it is complete, synchronously. What it throws ends the call with that error. */
  readonly onMessage: (message: Buffer) => void;
  /** Memory for a message that does not come in one piece; by default a fresh buffer. */
  readonly allocate?: ((length: number) => Buffer) | undefined;
}

/** One gRPC call on an HTTP/2 stream. */
export class GrpcCall {
  /**
   * Settles once. Resolves when the server ended the call with OK; rejects with GrpcError, ConnectionError,
   * MessageTooLarge, ProtoError or what `fail` was given.
   */
  readonly done: Promise<void>;
  /** Bytes received so far: shows whether a slow call moves. */
  received = 0;
  readonly #endpoint: Endpoint;
  readonly #stream: ClientHttp2Stream;
  readonly #settle: { resolve(): void; reject(error: unknown): void };
  #settled = false;
  #status: GrpcError | 'ok' | undefined;

  constructor(endpoint: Endpoint, stream: ClientHttp2Stream, options: CallOptions) {
    this.#endpoint = endpoint;
    this.#stream = stream;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.#settle = { resolve, reject };
    const frames = new FrameReader(options.maxMessageBytes, options.onMessage, options.allocate);
    stream.on('response', (headers) => this.#onHeaders(headers));
    stream.on('trailers', (headers) => {
      this.#status = statusOf(headers) ?? this.#status;
    });
    stream.on('data', (chunk: Buffer) => this.#onData(chunk, frames));
    stream.on('error', (error) => this.fail(connectionError(endpoint, error)));
    stream.on('close', () => this.#onClose(frames));
  }

  /** Sends one message; a call that is over ignores it. */
  send(message: Uint8Array): void {
    if (!this.#settled && this.#stream.writable) this.#stream.write(frame(message));
  }

  /** No more messages from us. */
  endSending(): void {
    if (!this.#settled && this.#stream.writable) this.#stream.end();
  }

  /** Ends the call at once; `done` rejects with `error`, unless it has settled before. */
  fail(error: unknown): void {
    this.#finish(error);
    if (!this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #onHeaders(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    const type = headers['content-type'] ?? '';
    if (headers[':status'] !== 200 || !type.startsWith('application/grpc')) {
      this.fail(new ConnectionError(this.#endpoint, 'ProtocolError', 'the peer is not a gRPC server'));
    }
    // An answer of trailers only carries the status here.
    this.#status = statusOf(headers);
  }

  #onData(chunk: Buffer, frames: FrameReader): void {
    if (this.#settled) return;
    this.received += chunk.length;
    try {
      frames.push(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  #onClose(frames: FrameReader): void {
    if (this.#status === undefined || (this.#status === 'ok' && frames.partial)) {
      this.#finish(new ConnectionError(this.#endpoint, 'Unreachable', 'the answer was cut off'));
    } else {
      this.#finish(this.#status === 'ok' ? undefined : this.#status);
    }
  }

  #finish(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    if (error === undefined) this.#settle.resolve();
    else this.#settle.reject(error);
  }
}
