import { failure, notFound } from './kubernetes-status.ts';
import type { ApiFailure } from './kubernetes-status.ts';
import type { ApiResource } from './kubernetes-resources.ts';
import type { Format } from './object-encoding.ts';
import { nameOf, namespaceOf } from './world-items.ts';

/** What a request asks for. */
export interface ApiRequest {
  readonly resource: ApiResource;
  /** '' = all. */
  readonly namespace: string;
  /** undefined = the collection. */
  readonly name: string | undefined;
  readonly query: URLSearchParams;
  readonly format: Format;
  /** Whether an item belongs to the answer, by its key. */
  readonly selects: ((key: string) => boolean) | undefined;
}

/** Reads `/api/v1/…` and `/apis/<group>/<version>/…`; anything else is not found. */
export function parseApiRequest(
  url: URL,
  accept: string,
  groups: ReadonlyMap<string, readonly ApiResource[]>,
  labelsOf: LabelsOf,
): ApiRequest | ApiFailure {
  const place = parsePath(url.pathname, groups);
  if (place === undefined) return notFound();
  const format = negotiate(accept, place.resource.protobuf);
  if (format === undefined) {
    return failure(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
  }
  const labels = parseLabelSelector(url.searchParams.get('labelSelector') ?? '');
  if (typeof labels === 'string') return failure(400, 'BadRequest', labels);
  const fields = parseFieldSelector(url.searchParams.get('fieldSelector') ?? '');
  if (typeof fields === 'string') return failure(400, 'BadRequest', fields);
  const { resource, namespace } = place;
  const wanted = { namespace, fields, labels, labelsOf: (key: string) => labelsOf(resource, key) };
  return { ...place, query: url.searchParams, format, selects: selection(wanted) };
}

/** The labels of an object by its key; undefined where it is gone. */
export type LabelsOf = (resource: ApiResource, key: string) => Readonly<Record<string, string>> | undefined;

export function isFailure(value: object): value is ApiFailure {
  return 'code' in value && 'reason' in value;
}

interface Place {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string | undefined;
}

/** How many path segments name the group and version below each root. */
const ROOTS: Readonly<Record<string, number>> = { api: 1, apis: 2 };

function parsePath(path: string, groups: ReadonlyMap<string, readonly ApiResource[]>): Place | undefined {
  const [, root = '', ...parts] = path.split('/');
  const groupVersion = parts.splice(0, ROOTS[root] ?? 0).join('/');
  // `namespaces/<name>` is an object; with more behind it, it is where the objects are.
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2;
  const [, namespace = ''] = inNamespace ? parts.splice(0, 2) : [];
  const [plural, name, ...more] = parts;
  const resource = groups.get(groupVersion)?.find((one) => one.resource === plural);
  if (resource === undefined || more.length > 0) return undefined;
  if (resource.namespaced ? name !== undefined && !inNamespace : inNamespace) return undefined;
  return { resource, namespace, name };
}

/** The first media type that can be served; Tables and aggregated discovery are passed over, as clients expect. */
export function negotiate(accept: string, protobuf: boolean): Format | undefined {
  for (const range of accept === '' ? ['*/*'] : accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    if (parameters.some((parameter) => parameter.startsWith('as='))) continue;
    if (type === 'application/vnd.kubernetes.protobuf' && protobuf) return 'protobuf';
    if (type === 'application/json' || type === 'application/*' || type === '*/*') return 'json';
  }
  return undefined;
}

interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

function parseFieldSelector(text: string): FieldRequirement[] | string {
  const requirements: FieldRequirement[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const [, field = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (field !== 'metadata.name' && field !== 'metadata.namespace') {
      return `field label not supported: ${field}`;
    }
    requirements.push({ field, equal: operator !== '!=', value });
  }
  return requirements;
}

/** `key=value`, `key==value`, `key!=value`; a real server knows more. */
function parseLabelSelector(text: string): FieldRequirement[] | string {
  const requirements: FieldRequirement[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const [, field = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (field === '') return `this simulated server evaluates equality alone, not ${JSON.stringify(part)}`;
    requirements.push({ field, equal: operator !== '!=', value });
  }
  return requirements;
}

interface Wanted {
  readonly namespace: string;
  readonly fields: readonly FieldRequirement[];
  readonly labels: readonly FieldRequirement[];
  readonly labelsOf: (key: string) => Readonly<Record<string, string>> | undefined;
}

function selection({ namespace, fields, labels, labelsOf }: Wanted): ((key: string) => boolean) | undefined {
  if (namespace === '' && fields.length === 0 && labels.length === 0) return undefined;
  return (key) => {
    if (namespace !== '' && namespaceOf(key) !== namespace) return false;
    const inFields = fields.every(({ field, equal, value }) => {
      const actual = field === 'metadata.name' ? nameOf(key) : namespaceOf(key);
      return (actual === value) === equal;
    });
    if (!inFields || labels.length === 0) return inFields;
    const actual = labelsOf(key);
    // What is gone is told to everybody: whoever did not know it takes no notice.
    return (
      actual === undefined || labels.every(({ field, equal, value }) => (actual[field] === value) === equal)
    );
  };
}
