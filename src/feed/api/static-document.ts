import { createHash } from 'node:crypto';

/** A body that does not change while the process runs. */
export interface StaticDocument {
  readonly contentType: string;
  readonly body: Buffer;
  /** A digest in quotes, as the header `ETag` wants it. */
  readonly etag: string;
}

export function jsonDocument(value: unknown, contentType = 'application/json'): StaticDocument {
  return staticDocument(Buffer.from(JSON.stringify(value)), contentType);
}

export function staticDocument(body: Buffer, contentType: string): StaticDocument {
  return { contentType, body, etag: `"${hashOf(body)}"` };
}

/** Names the content of a document: 32 hex digits, upper case. */
export function hashOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 32).toUpperCase();
}
