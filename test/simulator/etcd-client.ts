import { connect } from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import protobuf from 'protobufjs';
import { within } from '../rig/deadline.ts';

/** The part of etcd's rpc.proto that readers use, written down apart from the server's codec. */
const { root } = protobuf.parse(
  `
syntax = "proto3";
message ResponseHeader { uint64 cluster_id = 1; uint64 member_id = 2; int64 revision = 3; uint64 raft_term = 4; }
message KeyValue { bytes key = 1; int64 create_revision = 2; int64 mod_revision = 3; int64 version = 4; bytes value = 5; int64 lease = 6; }
message Event { enum EventType { PUT = 0; DELETE = 1; } EventType type = 1; KeyValue kv = 2; KeyValue prev_kv = 3; }
message RangeRequest { bytes key = 1; bytes range_end = 2; int64 limit = 3; int64 revision = 4; int32 sort_order = 5; bool keys_only = 8; bool count_only = 9; }
message RangeResponse { ResponseHeader header = 1; repeated KeyValue kvs = 2; bool more = 3; int64 count = 4; }
message WatchCreateRequest { bytes key = 1; bytes range_end = 2; int64 start_revision = 3; bool progress_notify = 4; repeated int32 filters = 5; bool prev_kv = 6; int64 watch_id = 7; }
message WatchCancelRequest { int64 watch_id = 1; }
message WatchProgressRequest { }
message WatchRequest { oneof request_union { WatchCreateRequest create_request = 1; WatchCancelRequest cancel_request = 2; WatchProgressRequest progress_request = 3; } }
message WatchResponse { ResponseHeader header = 1; int64 watch_id = 2; bool created = 3; bool canceled = 4; int64 compact_revision = 5; string cancel_reason = 6; repeated Event events = 11; }
message AuthenticateRequest { string name = 1; string password = 2; }
message AuthenticateResponse { ResponseHeader header = 1; string token = 2; }
message CompactionRequest { int64 revision = 1; }
message CompactionResponse { ResponseHeader header = 1; }
message StatusRequest { }
message StatusResponse { ResponseHeader header = 1; string version = 2; }
`,
  { keepCase: true },
);

export interface KeyValue {
  readonly key: string;
  readonly create_revision: number;
  readonly mod_revision: number;
  readonly version: number;
  readonly value: string;
}

export interface Header {
  readonly cluster_id: number;
  readonly revision: number;
}

export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  readonly count: number;
}

export interface WatchResponse {
  readonly header: Header;
  readonly watch_id: number;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: number;
  readonly cancel_reason: string;
  readonly events: readonly {
    readonly type: 'PUT' | 'DELETE';
    readonly kv: KeyValue;
    readonly prev_kv: KeyValue | null;
  }[];
}

function decode(type: string, bytes: Uint8Array): Record<string, unknown> {
  const message = root.lookupType(type);
  const options = { longs: Number, enums: String, bytes: String, defaults: true, arrays: true };
  return withTexts(message.toObject(message.decode(bytes), options)) as Record<string, unknown>;
}

/** Keys and values come as base64. */
function withTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      (name === 'key' || name === 'value') && typeof field === 'string'
        ? Buffer.from(field, 'base64').toString('utf8')
        : withTexts(field),
    ]),
  );
}

function encode(type: string, fields: Readonly<Record<string, unknown>>): Buffer {
  const message = root.lookupType(type);
  const body = Buffer.from(message.encode(message.fromObject(fields)).finish());
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** Bytes fields are base64 for protobufjs. */
export function bytes(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

export class GrpcFailure extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A bare gRPC client for one simulated etcd. */
export class EtcdClient {
  readonly #session: ReturnType<typeof connect>;
  token = '';

  constructor(url: string) {
    this.#session = connect(url);
    this.#session.on('error', () => undefined);
  }

  close(): void {
    this.#session.destroy();
  }

  get session(): ReturnType<typeof connect> {
    return this.#session;
  }

  range(fields: Readonly<Record<string, unknown>>): Promise<RangeResponse> {
    return this.call('KV/Range', 'Range', fields);
  }

  /** Rejects with GrpcFailure. */
  async call<T>(method: string, name: string, fields: Readonly<Record<string, unknown>>): Promise<T> {
    const stream = this.#open(method);
    stream.end(encode(`${name}Request`, fields));
    const chunks: Buffer[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = (headers: Readonly<Record<string, unknown>>): void => {
      const status = headers['grpc-status'];
      if (status !== undefined && status !== '0') {
        reject(new GrpcFailure(Number(status), String(headers['grpc-message'])));
      }
    };
    stream.on('response', check);
    stream.on('trailers', check);
    stream.on('error', reject);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', resolve);
    await within(method, promise);
    return decode(`${name}Response`, Buffer.concat(chunks).subarray(5)) as T;
  }

  watch(): WatchCall {
    return new WatchCall(this.#open('Watch/Watch'));
  }

  #open(method: string): ClientHttp2Stream {
    return this.#session.request({
      ':method': 'POST',
      ':path': `/etcdserverpb.${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(this.token === '' ? {} : { token: this.token }),
    });
  }
}

/** One Watch stream. */
export class WatchCall {
  readonly #stream: ClientHttp2Stream;
  readonly #answers: AsyncGenerator<WatchResponse>;

  constructor(stream: ClientHttp2Stream) {
    this.#stream = stream;
    stream.on('error', () => undefined);
    this.#answers = answers(stream);
  }

  create(fields: Readonly<Record<string, unknown>>): void {
    this.#stream.write(encode('WatchRequest', { create_request: fields }));
  }

  cancel(watchId: number): void {
    this.#stream.write(encode('WatchRequest', { cancel_request: { watch_id: watchId } }));
  }

  progress(): void {
    this.#stream.write(encode('WatchRequest', { progress_request: {} }));
  }

  async next(): Promise<WatchResponse> {
    const { value, done } = await within('a watch answer', this.#answers.next());
    if (done) throw new Error('the watch stream ended');
    return value;
  }

  close(): void {
    this.#stream.close();
  }
}

async function* answers(stream: ClientHttp2Stream): AsyncGenerator<WatchResponse> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      yield decode('WatchResponse', rest.subarray(5, end)) as unknown as WatchResponse;
      rest = rest.subarray(end);
    }
  }
}
