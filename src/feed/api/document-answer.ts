import type { ApiDocuments } from './api-documents.ts';
import type { DocumentRoute } from './api-route.ts';
import { notAcceptable, unknownPath } from './api-status.ts';
import { type Exchange, jsonBody } from './exchange.ts';
import { documentForm, JSON_TYPE, SWAGGER_PROTOBUF_TYPE } from './negotiation.ts';
import { hashOf, type StaticDocument } from './static-document.ts';

/** The address holds the hash of the content, so it may be kept for good. */
const FOREVER = 'private, immutable, max-age=31536000';

/** Discovery, OpenAPI and version; 304 for who has it already. */
export function answerDocument(
  exchange: Exchange,
  documents: ApiDocuments,
  { path, view }: DocumentRoute,
  query: URLSearchParams,
): void {
  const { accept, ifNoneMatch } = exchange.request;
  // Discovery is answered as JSON whatever is asked for: a client that reads it goes by the Content-Type.
  const isSwagger = path === '/openapi/v2';
  const form = documentForm(accept, isSwagger);
  if (path.startsWith('/openapi') && form === undefined) {
    exchange.fail(notAcceptable(isSwagger ? [JSON_TYPE, SWAGGER_PROTOBUF_TYPE] : [JSON_TYPE]));
    return;
  }
  const document = documents.find(path, view, form ?? 'json');
  if (document === undefined) {
    exchange.fail(unknownPath());
    return;
  }
  const { contentType, etag } = document;
  const headers = {
    'content-type': contentType,
    etag,
    vary: 'Accept',
    ...(query.get('hash') === hashOf(document.body) && { 'cache-control': FOREVER }),
  };
  if (holds(ifNoneMatch, etag)) exchange.replyUnchanged({ etag, vary: 'Accept' });
  else exchange.reply(200, headers, bodyOf(document, exchange));
}

function holds(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function bodyOf({ body, contentType }: StaticDocument, { pretty }: Exchange): Buffer {
  return pretty === 'no' || contentType === SWAGGER_PROTOBUF_TYPE
    ? body
    : jsonBody(JSON.parse(body.toString()) as unknown, true);
}
