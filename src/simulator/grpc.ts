import type { ServerHttp2Stream } from 'node:http2';
import type { Pieces } from './etcd-messages.ts';
import { joinBuffers, takeBuffer } from './slab.ts';

/** The gRPC status codes that an etcd answers with. */
export const GRPC_CODE = {
  ok: 0,
  invalidArgument: 3,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unauthenticated: 16,
} as const;

/** Ends a call with a status other than ok. */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'GrpcError';
    this.code = code;
  }
}

/** Splits incoming bytes into messages: one byte for compression (none here), four for the length, the message. */
export class GrpcMessages {
  #rest: Buffer = Buffer.alloc(0);

  *push(chunk: Buffer): Generator<Buffer> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 5) {
      const end = 5 + this.#rest.readUInt32BE(1);
      if (this.#rest.length < end) return;
      yield this.#rest.subarray(5, end);
      this.#rest = this.#rest.subarray(end);
    }
  }
}

/** A message with the five bytes in front of it. */
export function grpcFrame(message: Pieces): Buffer {
  const head = takeBuffer(5);
  head[0] = 0;
  head.writeUInt32BE(message.size, 1);
  return joinBuffers([head, ...message.pieces], 5 + message.size);
}

/** Answers the head of a call; the status follows in the trailers. */
export function respondGrpc(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
}

/** Ends a call that has not been answered yet. */
export function refuseGrpc(stream: ServerHttp2Stream, error: GrpcError): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': String(error.code),
      'grpc-message': error.message,
    },
    { endStream: true },
  );
}

/** Reads the one message of a unary call and answers what `handle` returns or throws. */
export function answerUnary(stream: ServerHttp2Stream, handle: (request: Buffer) => Pieces): void {
  const messages = new GrpcMessages();
  let request: Buffer | undefined;
  stream.on('data', (chunk: Buffer) => {
    for (const message of messages.push(chunk)) request ??= message;
  });
  stream.once('end', () => {
    if (stream.destroyed) return;
    try {
      const answer = grpcFrame(handle(request ?? Buffer.alloc(0)));
      respondGrpc(stream);
      stream.end(answer);
    } catch (error) {
      refuseGrpc(stream, toGrpcError(error));
    }
  });
}

export function toGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  return new GrpcError(GRPC_CODE.internal, error instanceof Error ? error.message : 'unknown');
}
