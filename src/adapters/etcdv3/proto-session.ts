import { NO_HEADER, readHeader } from './proto-range.ts';
import type { ResponseHeader } from './proto-range.ts';
import { ProtoReader } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';

// etcd: api/etcdserverpb/rpc.proto, Auth.Authenticate and Maintenance.Status.

export function encodeAuthenticate(name: string, password: string): Buffer {
  return new ProtoWriter().string(1, name).string(2, password).finish();
}

/** The token; '' where the answer has none. */
export function decodeAuthenticate(bytes: Buffer): string {
  const reader = new ProtoReader(bytes);
  let token = '';
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x12) token = reader.string();
    else reader.skip(tag);
  }
  return token;
}

export interface ServerStatus {
  readonly header: ResponseHeader;
  /** `3.5.21`. */
  readonly version: string;
}

export function decodeStatus(bytes: Buffer): ServerStatus {
  const reader = new ProtoReader(bytes);
  let header = NO_HEADER;
  let version = '';
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x0a) header = readHeader(reader.message());
    else if (tag === 0x12) version = reader.string();
    else reader.skip(tag);
  }
  return { header, version };
}
