import { Buffer } from 'node:buffer';
import type { DatastoreError } from '../../contract/datastore-error.ts';
import { readStatus, unwrap } from './wire/proto-envelope.ts';
import { ProtoError } from './wire/proto-reader.ts';
import { statusError } from './connection/status-error.ts';
import type { KubeResponse } from './connection/transport.ts';

const MAX_STATUS_BYTES = 64 * 1024;

/**
 * What an HTTP answer other than 200 means, in whichever encoding its Status is: a server that was asked for protobuf
 * answers its errors so as well. Reads the body. Never rejects.
 */
export async function responseError(response: KubeResponse, what: string): Promise<DatastoreError> {
  const type = response.headers['content-type'] ?? '';
  if (!type.startsWith('application/vnd.kubernetes.protobuf')) return statusError(response, what);
  return statusError({ ...response, body: asJson(response.body) }, what);
}

async function* asJson(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_STATUS_BYTES) return;
  }
  try {
    yield Buffer.from(JSON.stringify(readStatus(unwrap(Buffer.concat(chunks)))));
  } catch (error) {
    // The HTTP status alone has to do.
    if (!(error instanceof ProtoError)) throw error;
  }
}
