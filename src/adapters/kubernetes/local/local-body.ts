import { Buffer } from 'node:buffer';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { JsonObject } from '../../../model/json-field.ts';

/** A JSON body whole, up to `maxBytes`. For answers that are small by nature. */
export async function readJson(
  body: AsyncIterable<Uint8Array>,
  what: string,
  maxBytes: number,
): Promise<JsonObject> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw protocolError(`${what}: the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return parseObject(Buffer.concat(chunks).toString('utf8'), what);
}

/** The lines of a stream, as many as each chunk completes. A line may have up to `maxBytes`. */
export async function* linesOf(
  body: AsyncIterable<Uint8Array>,
  what: string,
  maxBytes: number,
): AsyncGenerator<readonly string[], void, undefined> {
  let rest: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    rest.push(chunk);
    const end = chunk.lastIndexOf(0x0a);
    if (end < 0) {
      if (size > maxBytes) throw protocolError(`${what}: one event is larger than ${maxBytes} bytes`);
      continue;
    }
    const bytes = Buffer.concat(rest);
    const split = bytes.length - chunk.length + end;
    rest = [bytes.subarray(split + 1)];
    size = bytes.length - split - 1;
    yield bytes
      .toString('utf8', 0, split)
      .split('\n')
      .filter((line) => line !== '');
  }
}

export function parseObject(text: string, what: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The parser's message quotes the text, which may be a Secret.
  }
  throw protocolError(`${what}: the answer is not a JSON object`);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function metadataOf(object: JsonObject): JsonObject {
  return isObject(object['metadata']) ? object['metadata'] : {};
}

/** The object without `metadata.managedFields`: as large as the rest, and nobody here reads it. Changes it in place. */
export function withoutManagedFields(object: JsonObject): JsonObject {
  delete (metadataOf(object) as Record<string, unknown>)['managedFields'];
  return object;
}

/** '' for anything but a string. */
export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function protocolError(message: string): DatastoreError {
  return new DatastoreError('retry', 'ProtocolError', message);
}
