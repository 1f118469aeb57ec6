import type { FeedResource } from '../feed-resource.ts';
import type { FeedEncoding } from '../feed-store.ts';
import { type AcceptRange, parseAccept } from './accept-header.ts';

export const JSON_TYPE = 'application/json';
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

type Wire = FeedEncoding['wire'];
/** How an answer is written, before it is known what `includeObject` says. */
export type Negotiated = Pick<FeedEncoding, 'wire' | 'form'>;

/**
 * The form in which objects are answered: the first range that can be served, by the rules of the API server. undefined = none
 * can (406).
 */
export function negotiateObjects(
  accept: string,
  resource: FeedResource,
  verb: 'get' | 'list' | 'watch',
): Negotiated | undefined {
  for (const range of parseAccept(accept)) {
    const form = formOf(range, verb);
    const wire = form && wireOf(range, resource.protobuf && form !== 'table');
    if (form && wire) return { form, wire };
  }
  return undefined;
}

/** What a collection can be answered as; the text of a 406 names them. */
export function acceptedTypes({ protobuf }: FeedResource): readonly string[] {
  return protobuf ? [JSON_TYPE, PROTOBUF_TYPE] : [JSON_TYPE];
}

/** A Status is protobuf for clients that ask for plain protobuf first; every other one can read JSON, or gets it all the same. */
export function negotiateStatus(accept: string, protobuf: boolean): Wire {
  for (const range of parseAccept(accept)) {
    const wire = range.parameters.has('as') ? undefined : wireOf(range, protobuf);
    if (wire) return wire;
  }
  return 'json';
}

/** Of an OpenAPI v2 document, in the messages of gnostic-models. */
export const SWAGGER_PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** How a document is written; `aggregated`: those of all groups in one, as JSON. */
export type DocumentForm = 'json' | 'aggregated' | 'protobuf';

/** Both names that Kubernetes has for it: client-go asks by the older one. */
const SWAGGER_PROTOBUF = /^com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf$/;

/** The form that the client would rather have; undefined = none of those that there are. */
export function documentForm(accept: string, isSwagger: boolean): DocumentForm | undefined {
  for (const range of parseAccept(accept)) {
    if (isSwagger && range.type === 'application' && SWAGGER_PROTOBUF.test(range.subtype)) return 'protobuf';
    if (wireOf(range, false) === undefined) continue;
    if (!range.parameters.has('as')) return 'json';
    if (isAs(range, 'APIGroupDiscoveryList', 'apidiscovery.k8s.io', 'v2')) return 'aggregated';
  }
  return acceptsJson(accept) ? 'json' : undefined;
}

function acceptsJson(accept: string): boolean {
  return parseAccept(accept).some((range) => wireOf(range, false) !== undefined);
}

function wireOf({ type, subtype }: AcceptRange, protobuf: boolean): Wire | undefined {
  if (type === '*' && subtype === '*') return 'json';
  if (type !== 'application') return undefined;
  if (subtype === '*' || subtype === 'json') return 'json';
  return protobuf && subtype === 'vnd.kubernetes.protobuf' ? 'protobuf' : undefined;
}

/** undefined = it asks for a form that there is not. */
function formOf(range: AcceptRange, verb: 'get' | 'list' | 'watch'): FeedEncoding['form'] | undefined {
  if (!range.parameters.has('as')) return 'object';
  const isMeta = (kind: string): boolean => isAs(range, kind, 'meta.k8s.io', 'v1');
  if (isMeta('Table')) return 'table';
  return isMeta(verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata')
    ? 'metadata'
    : undefined;
}

function isAs({ parameters }: AcceptRange, kind: string, group: string, version: string): boolean {
  return parameters.get('as') === kind && parameters.get('g') === group && parameters.get('v') === version;
}
