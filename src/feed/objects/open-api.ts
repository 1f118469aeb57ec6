import type { JsonObject } from '../../model/json-field.ts';
import { FEED_PLURALS } from '../feed-resource.ts';
import type { FeedPlural, FeedResource } from '../feed-resource.ts';
import { FEED_RESOURCES } from './feed-resources.ts';
import { BODY_FIELDS, KIND_DESCRIPTIONS, LIST_META_FIELDS, OBJECT_META_FIELDS } from './open-api-fields.ts';
import type { FieldDescription, FieldType } from './open-api-fields.ts';

/** The two forms of OpenAPI that a Kubernetes API server serves; they differ in where schemas are and how they refer. */
export type OpenApiVersion = 'v2' | 'v3';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const OBJECT_META = `${META}.ObjectMeta`;
const LIST_META = `${META}.ListMeta`;
const REFERENCES: Readonly<Record<OpenApiVersion, string>> = {
  v2: '#/definitions/',
  v3: '#/components/schemas/',
};
/** Kubernetes' own kinds keep the names that clients know; others are called like custom resources. */
const KNOWN_NAMES: Readonly<Partial<Record<FeedPlural, string>>> = {
  services: 'io.k8s.api.core.v1.Service',
  namespaces: 'io.k8s.api.core.v1.Namespace',
  endpointslices: 'io.k8s.api.discovery.v1.EndpointSlice',
};

/**
 * The schemas of `plurals` and of what they refer to, by name: `definitions` of an OpenAPI v2 document, `components.schemas` of a v3 one. Each kind
 * names itself by `x-kubernetes-group-version-kind`.
 */
export function openApiSchemas(
  version: OpenApiVersion,
  plurals: readonly FeedPlural[] = FEED_PLURALS,
): Readonly<Record<string, JsonObject>> {
  const schemas: Record<string, JsonObject> = {
    [OBJECT_META]: objectSchema(
      version,
      'Metadata of an object, as far as the feed fills it.',
      OBJECT_META_FIELDS,
    ),
    [LIST_META]: objectSchema(version, 'Metadata of a list.', LIST_META_FIELDS),
  };
  for (const plural of plurals) {
    const name = openApiName(plural);
    schemas[name] = kindSchema(plural, version);
    schemas[`${name}List`] = listSchema(plural, version);
  }
  return schemas;
}

/** The name of a kind's schema; its list's is that with `List`. */
export function openApiName(plural: FeedPlural): string {
  const { group, version, kind } = FEED_RESOURCES[plural];
  return KNOWN_NAMES[plural] ?? `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

/** A reference to a schema of `openApiSchemas`. */
export function openApiReference(version: OpenApiVersion, name: string): JsonObject {
  return { $ref: `${REFERENCES[version]}${name}` };
}

function kindSchema(plural: FeedPlural, version: OpenApiVersion): JsonObject {
  const { properties } = objectSchema(version, '', BODY_FIELDS[plural]) as {
    readonly properties: JsonObject;
  };
  const metadata = described(version, OBJECT_META, 'Name, labels and what else every object has.');
  return {
    description: KIND_DESCRIPTIONS[plural],
    type: 'object',
    properties: { ...TYPE_META, metadata, ...properties },
    ...kindExtension(FEED_RESOURCES[plural], ''),
  };
}

function listSchema(plural: FeedPlural, version: OpenApiVersion): JsonObject {
  const { kind } = FEED_RESOURCES[plural];
  return {
    description: `Objects of the kind ${kind}.`,
    type: 'object',
    required: ['items'],
    properties: {
      ...TYPE_META,
      metadata: described(version, LIST_META, 'What the list shows.'),
      items: {
        description: 'The objects.',
        type: 'array',
        items: openApiReference(version, openApiName(plural)),
      },
    },
    ...kindExtension(FEED_RESOURCES[plural], 'List'),
  };
}

const TYPE_META: JsonObject = {
  apiVersion: { description: 'Group and version of the kind.', type: 'string' },
  kind: { description: 'The kind of the object.', type: 'string' },
};

function kindExtension({ group, version, kind }: FeedResource, suffix: string): JsonObject {
  return { 'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}${suffix}` }] };
}

/** OpenAPI v3 ignores what stands beside a `$ref`. */
function described(version: OpenApiVersion, name: string, description: string): JsonObject {
  const reference = openApiReference(version, name);
  return version === 'v2' ? { description, ...reference } : { description, allOf: [reference] };
}

/** A schema from the fields that are directly or further down in it. */
function objectSchema(
  version: OpenApiVersion,
  description: string,
  fields: readonly FieldDescription[],
): JsonObject {
  const properties: Record<string, JsonObject> = {};
  for (const [path, type, text] of fields) {
    if (path.includes('.')) continue;
    const inside = fields
      .filter(([other]) => other.startsWith(`${path}.`))
      .map(([other, ...rest]): FieldDescription => [other.slice(path.length + 1), ...rest]);
    properties[path] = isNested(type)
      ? nestedSchema(version, type, text, inside)
      : { description: text, ...scalarSchema(version, type) };
  }
  return { description, type: 'object', ...(fields.length === 0 ? {} : { properties }) };
}

type NestedType = 'object' | 'list';

function isNested(type: FieldType): type is NestedType {
  return type === 'object' || type === 'list';
}

function nestedSchema(
  version: OpenApiVersion,
  type: NestedType,
  description: string,
  inside: readonly FieldDescription[],
): JsonObject {
  if (type === 'object') return objectSchema(version, description, inside);
  return { description, type: 'array', items: objectSchema(version, 'One of them.', inside) };
}

function scalarSchema(version: OpenApiVersion, type: Exclude<FieldType, NestedType>): JsonObject {
  const isNullable = type === 'time?' || type === 'integer?';
  if (!isNullable) return SCALARS[type];
  return {
    ...SCALARS[type === 'time?' ? 'time' : 'integer'],
    [version === 'v2' ? 'x-nullable' : 'nullable']: true,
  };
}

type ScalarType = Exclude<FieldType, NestedType | 'time?' | 'integer?'>;

const SCALARS: Readonly<Record<ScalarType, JsonObject>> = {
  string: { type: 'string' },
  strings: { type: 'array', items: { type: 'string' } },
  map: { type: 'object', additionalProperties: { type: 'string' } },
  boolean: { type: 'boolean' },
  integer: { type: 'integer', format: 'int64' },
  time: { type: 'string', format: 'date-time' },
  // Neither form can say "either" so that kubectl understands it; Kubernetes itself says it by the format.
  intOrString: { type: 'string', format: 'int-or-string' },
};
