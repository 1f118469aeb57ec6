import type { FeedResource } from '../feed-resource.ts';
import { openApiName, openApiReference, openApiSchemas } from '../objects/open-api.ts';
import type { OpenApiVersion } from '../objects/open-api.ts';
import type { SwaggerDocument } from '../objects/open-api-protobuf.ts';
import { GROUP_VERSIONS, type GroupVersion, groupVersionName } from './discovery.ts';

const INFO_TITLE = 'fedsyncd feed';
const LIST_PARAMETERS: readonly (readonly [name: string, type: string, description: string])[] = [
  ['labelSelector', 'string', 'Only objects whose labels it selects.'],
  ['fieldSelector', 'string', 'Only objects whose fields it selects.'],
  ['limit', 'integer', 'How many objects a page has at most.'],
  ['continue', 'string', 'The token that the page before gave.'],
  ['resourceVersion', 'string', 'From which revision on, or at which.'],
  ['resourceVersionMatch', 'string', 'How resourceVersion is meant: NotOlderThan or Exact.'],
  ['watch', 'boolean', 'Changes as they happen instead of a list.'],
  ['allowWatchBookmarks', 'boolean', 'A watch also says which revision it has reached.'],
  ['sendInitialEvents', 'boolean', 'A watch begins with all objects that there are.'],
  ['timeoutSeconds', 'integer', 'When a watch ends by itself.'],
];

/** `apis/discovery.k8s.io/v1`, as `/openapi/v3` calls it. */
export function openApiPath(groupVersion: GroupVersion): string {
  return `${groupVersion.group === '' ? 'api' : 'apis'}/${groupVersionName(groupVersion)}`;
}

/** All groups in one document of Swagger 2.0. */
export function openApiV2(version: string): SwaggerDocument {
  const paths = GROUP_VERSIONS.flatMap((groupVersion) => pathsOf(groupVersion, 'v2'));
  return {
    swagger: '2.0',
    info: { title: INFO_TITLE, version },
    paths: Object.fromEntries(paths) as SwaggerDocument['paths'],
    definitions: openApiSchemas('v2'),
  };
}

/** One group in a document of OpenAPI 3.0. */
export function openApiV3(groupVersion: GroupVersion, version: string): unknown {
  return {
    openapi: '3.0.0',
    info: { title: INFO_TITLE, version },
    paths: Object.fromEntries(pathsOf(groupVersion, 'v3')),
    components: {
      schemas: openApiSchemas(
        'v3',
        groupVersion.resources.map(({ plural }) => plural),
      ),
    },
  };
}

function pathsOf(groupVersion: GroupVersion, form: OpenApiVersion): [string, unknown][] {
  const base = `/${openApiPath(groupVersion)}`;
  return groupVersion.resources.flatMap((resource) => {
    const { plural, namespaced } = resource;
    const collection = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
    const scope = namespaced ? ['namespace'] : [];
    return [
      ...(namespaced ? [[`${base}/${plural}`, pathItem(resource, form, [], true)] as [string, unknown]] : []),
      [collection, pathItem(resource, form, scope, true)],
      [`${collection}/{name}`, pathItem(resource, form, [...scope, 'name'], false)],
    ];
  });
}

function pathItem(
  resource: FeedResource,
  form: OpenApiVersion,
  inPath: readonly string[],
  isList: boolean,
): unknown {
  const { group, version, kind, namespaced, plural } = resource;
  const name = isList ? `${openApiName(plural)}List` : openApiName(plural);
  const scope = namespaced && inPath.includes('namespace') ? 'Namespaced' : '';
  const suffix = isList && namespaced && scope === '' ? 'ForAllNamespaces' : '';
  const id = `${groupId(group)}${version}${scope}${kind}${suffix}`;
  const pathParameters = inPath.map((parameter) =>
    parameterOf(form, 'path', [parameter, 'string', 'Its name.']),
  );
  const gvk = { 'x-kubernetes-group-version-kind': { group, version, kind } };
  return {
    get: {
      description: isList ? `Lists or watches objects of kind ${kind}.` : `Reads one ${kind}.`,
      operationId: `${isList ? 'list' : 'read'}${id}`,
      parameters: [
        ...pathParameters,
        ...(isList ? LIST_PARAMETERS.map((parameter) => parameterOf(form, 'query', parameter)) : []),
      ],
      ...(form === 'v2' && { produces: ['application/json'] }),
      responses: { 200: okResponse(form, name) },
      'x-kubernetes-action': isList ? 'list' : 'get',
      ...gvk,
    },
    ...(!isList &&
      form === 'v3' && { patch: refusedPatch(`patch${id}`, { parameters: pathParameters, ...gvk }) }),
  };
}

/**
 * Not served, and said to be so: kubectl looks here whether the server checks the fields of what is applied. If not, it does that itself before
 * it sends anything, and its user would read of schemas rather than that nothing can be written.
 */
function refusedPatch(operationId: string, more: { readonly parameters: readonly unknown[] }): unknown {
  const fieldValidation = parameterOf('v3', 'query', ['fieldValidation', 'string', 'Without effect.']);
  return {
    description: 'Refused: the feed is read-only.',
    operationId,
    ...more,
    parameters: [...more.parameters, fieldValidation],
    responses: { 405: { description: 'Method Not Allowed' } },
    'x-kubernetes-action': 'patch',
  };
}

function parameterOf(
  form: OpenApiVersion,
  place: 'path' | 'query',
  [name, type, description]: (typeof LIST_PARAMETERS)[number],
): unknown {
  const common = { name, in: place, description, ...(place === 'path' && { required: true }) };
  return form === 'v2' ? { ...common, type } : { ...common, schema: { type } };
}

function okResponse(form: OpenApiVersion, name: string): unknown {
  const schema = openApiReference(form, name);
  return form === 'v2'
    ? { description: 'OK', schema }
    : { description: 'OK', content: { 'application/json': { schema } } };
}

function groupId(group: string): string {
  if (group === '') return 'Core';
  const [first = ''] = group.split('.');
  return first.charAt(0).toUpperCase() + first.slice(1);
}
