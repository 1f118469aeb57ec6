import type { ApiQuestion } from './api-question.ts';

export const SERVICES = '/api/v1/namespaces/shop/services';
export const HOSTS = '/apis/projectcalico.org/v3/hostendpoints';
export const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';

const accept = (type: string): Pick<ApiQuestion, 'headers'> => ({ headers: { accept: type } });
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const PARTIAL = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
const PARTIAL_ONE = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const JSON_BODY = { 'content-type': 'application/json' };

/** What both servers are asked, by the name that the table of differences has for it. */
export const REQUESTS: Readonly<Record<string, ApiQuestion>> = {
  'get of an object': { path: `${SERVICES}/web` },
  'get of a custom object': { path: `${HOSTS}/host-web` },
  'get of an object that is not there': { path: `${SERVICES}/nothing` },
  'get of a custom object that is not there': { path: `${HOSTS}/nothing` },
  'get with resourceVersion=0': { path: `${SERVICES}/web?resourceVersion=0` },
  'get with an unreadable resourceVersion': { path: `${SERVICES}/web?resourceVersion=x` },
  'get as metadata': { path: `${SERVICES}/web`, ...accept(PARTIAL_ONE) },
  'get as a table': { path: `${SERVICES}/web`, ...accept(TABLE) },
  'get as protobuf': { path: `${SERVICES}/web`, ...accept(PROTOBUF) },
  'get of a subresource': { path: `${SERVICES}/web/status` },
  list: { path: SERVICES },
  'list of slices': { path: SLICES },
  'list of a custom kind': { path: HOSTS },
  'list in a namespace that is not there': { path: SERVICES.replace('shop', 'nowhere') },
  'list of a kind that is not there': { path: '/api/v1/namespaces/shop/nothings' },
  'list of a group that is not there': { path: '/apis/nothing.io/v1/things' },
  'list of a namespaced kind by a path without namespaces/': { path: '/api/v1/services/web' },
  'list of a cluster-scoped kind in a namespace': {
    path: '/apis/projectcalico.org/v3/namespaces/shop/hostendpoints',
  },
  'list with limit': { path: `${SERVICES}?limit=2` },
  'list with limit and a selector': { path: `${SERVICES}?limit=1&labelSelector=tier%3Dall` },
  'list with a negative limit': { path: `${SERVICES}?limit=-1` },
  'list with an unreadable limit': { path: `${SERVICES}?limit=x` },
  'list with an unreadable continue': { path: `${SERVICES}?continue=x` },
  'list with continue and resourceVersion': { path: `${SERVICES}?continue=x&resourceVersion=1` },
  'list with resourceVersion=0': { path: `${SERVICES}?resourceVersion=0` },
  'list with resourceVersion=0 and limit': { path: `${SERVICES}?resourceVersion=0&limit=2` },
  'list with an unreadable resourceVersion': { path: `${SERVICES}?resourceVersion=x` },
  'list with resourceVersionMatch alone': { path: `${SERVICES}?resourceVersionMatch=Exact` },
  'list with an unknown resourceVersionMatch': {
    path: `${SERVICES}?resourceVersionMatch=Odd&resourceVersion=1`,
  },
  'list with Exact and resourceVersion=0': {
    path: `${SERVICES}?resourceVersionMatch=Exact&resourceVersion=0`,
  },
  'list with NotOlderThan and resourceVersion=0': {
    path: `${SERVICES}?resourceVersionMatch=NotOlderThan&resourceVersion=0`,
  },
  'list with sendInitialEvents': { path: `${SERVICES}?sendInitialEvents=true` },
  'list with sendInitialEvents and its match': {
    path: `${SERVICES}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  },
  'list of a version that is far ahead': {
    path: `${SERVICES}?resourceVersionMatch=NotOlderThan&resourceVersion=9000000000000000000`,
  },
  'list of exactly a version that is far ahead': {
    path: `${SERVICES}?resourceVersionMatch=Exact&resourceVersion=9000000000000000000`,
  },
  'list by an equal label': { path: `${SERVICES}?labelSelector=app%3Dweb` },
  'list by an unequal label': { path: `${SERVICES}?labelSelector=app!%3Dweb` },
  'list by a set of labels': { path: `${SERVICES}?labelSelector=app+in+(web,db),tier,!nothing` },
  'list by labels that are not in a set': { path: `${SERVICES}?labelSelector=app+notin+(web)` },
  'list by an unreadable label selector': { path: `${SERVICES}?labelSelector=app+in+(` },
  'list by an invalid label key': { path: `${SERVICES}?labelSelector=-x%3D1` },
  'list by name': { path: `${SERVICES}?fieldSelector=metadata.name%3Dweb` },
  'list by namespace': { path: `${SERVICES}?fieldSelector=metadata.namespace%3Dshop` },
  'list by other than a name': { path: `${SERVICES}?fieldSelector=metadata.name!%3Dweb` },
  'list of services by type': { path: `${SERVICES}?fieldSelector=spec.type%3DClusterIP` },
  'list by a field that cannot be selected': { path: `${SERVICES}?fieldSelector=spec.nothing%3Dx` },
  'list of a custom kind by a field that cannot be selected': {
    path: `${HOSTS}?fieldSelector=spec.nothing%3Dx`,
  },
  'list by an unreadable field selector': { path: `${SERVICES}?fieldSelector=metadata.name` },
  'list as a table': { path: SERVICES, ...accept(TABLE) },
  'list as a table of whole objects': { path: `${SERVICES}?includeObject=Object`, ...accept(TABLE) },
  'list as a table without objects': { path: `${SERVICES}?includeObject=None`, ...accept(TABLE) },
  'list as a table of odd objects': { path: `${SERVICES}?includeObject=Odd`, ...accept(TABLE) },
  'list as metadata': { path: SERVICES, ...accept(PARTIAL) },
  'list of a custom kind as metadata': { path: HOSTS, ...accept(PARTIAL) },
  'list as protobuf': { path: SERVICES, ...accept(PROTOBUF) },
  'list of a custom kind as protobuf': { path: HOSTS, ...accept(PROTOBUF) },
  'list of a custom kind as protobuf or JSON': { path: HOSTS, ...accept(`${PROTOBUF},application/json`) },
  'list as YAML': { path: SERVICES, ...accept('application/yaml') },
  'list as CBOR': { path: SERVICES, ...accept('application/cbor') },
  'list as CBOR or JSON': { path: SERVICES, ...accept('application/cbor,application/json') },
  'list as HTML': { path: SERVICES, ...accept('text/html') },
  'list as anything': { path: SERVICES, ...accept('*/*') },
  'list as a browser asks': { path: SERVICES, ...accept('text/html,application/xhtml+xml,*/*;q=0.8') },
  'list with unknown parameters': { path: `${SERVICES}?nothing=1` },
  'HEAD of a list': { path: SERVICES, method: 'HEAD' },
  'OPTIONS of a list': { path: SERVICES, method: 'OPTIONS' },
  create: {
    path: `${SERVICES}?dryRun=All`,
    method: 'POST',
    headers: JSON_BODY,
    body: '{"metadata":{"name":"new"},"spec":{"ports":[{"port":80}]}}',
  },
  replace: { path: `${SERVICES}/web?dryRun=All`, method: 'PUT', headers: JSON_BODY, body: '{}' },
  patch: {
    path: `${SERVICES}/web?dryRun=All`,
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: '{}',
  },
  delete: { path: `${SERVICES}/web?dryRun=All`, method: 'DELETE' },
  deletecollection: { path: `${HOSTS}?dryRun=All`, method: 'DELETE' },
  'watch with an unreadable resourceVersion': { path: `${SERVICES}?watch=true&resourceVersion=x` },
  'watch with sendInitialEvents alone': { path: `${SERVICES}?watch=true&sendInitialEvents=true` },
  'watch with resourceVersionMatch alone': {
    path: `${SERVICES}?watch=true&resourceVersionMatch=NotOlderThan`,
  },
  'watch with Exact': {
    path: `${SERVICES}?watch=true&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1`,
  },
  'watch as HTML': { path: `${SERVICES}?watch=true`, ...accept('text/html') },
  'watch of a custom kind as protobuf': { path: `${HOSTS}?watch=true`, ...accept(PROTOBUF) },
  'watch with an unreadable timeoutSeconds': { path: `${SERVICES}?watch=true&timeoutSeconds=x` },
  'watch below /watch/': { path: '/api/v1/watch/namespaces/shop/services?timeoutSeconds=1' },
  'a path that is not there': { path: '/nothing' },
  'a path below a served version': { path: '/api/v1/namespaces/shop/services/web/a/b' },
  '/healthz': { path: '/healthz' },
  '/livez': { path: '/livez' },
  '/readyz': { path: '/readyz' },
  '/livez/ping': { path: '/livez/ping' },
  '/metrics': { path: '/metrics', headers: { 'accept-encoding': 'identity' } },
};

/** Watches that are open while `BothSides` makes three changes; `RV` stands for the version of a list before. */
export const WATCHES: Readonly<Record<string, ApiQuestion>> = {
  'watch from a version': { path: `${SERVICES}?watch=true&resourceVersion=RV` },
  'watch with bookmarks from a version': {
    path: `${SERVICES}?watch=true&resourceVersion=RV&allowWatchBookmarks=true`,
  },
  'watch from the present': { path: `${SERVICES}?watch=true` },
  'watch from resourceVersion=0': { path: `${SERVICES}?watch=true&resourceVersion=0` },
  'watch of a custom kind': { path: `${HOSTS}?watch=true&resourceVersion=HOSTS_RV` },
  'watch with all objects first': {
    path: `${SERVICES}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
  },
  'watch with all objects first, not older than': {
    path: `${SERVICES}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=RV`,
  },
  'watch with all objects first, without bookmarks': {
    path: `${SERVICES}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  },
  'watch without the objects': {
    path: `${SERVICES}?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  },
  'watch of one object': {
    path: `${SERVICES}?watch=true&resourceVersion=RV&fieldSelector=metadata.name%3Dweb`,
  },
  'watch by a label that is lost': {
    path: `${SERVICES}?watch=true&resourceVersion=RV&labelSelector=app%3Dweb`,
  },
  'watch by a label that is gained': {
    path: `${SERVICES}?watch=true&resourceVersion=RV&labelSelector=app%3Dnewer`,
  },
  'watch as a table': { path: `${SERVICES}?watch=true&resourceVersion=RV`, ...accept(TABLE) },
  'watch as metadata': { path: `${SERVICES}?watch=true&resourceVersion=RV`, ...accept(PARTIAL_ONE) },
  'watch as protobuf': { path: `${SERVICES}?watch=true&resourceVersion=RV`, ...accept(PROTOBUF) },
  'watch from a version that is far ahead': {
    path: `${SERVICES}?watch=true&resourceVersion=9000000000000000000`,
  },
  'watch with limit': { path: `${SERVICES}?watch=true&resourceVersion=RV&limit=1` },
  'get with watch=true': { path: `${SERVICES}/web?watch=true` },
};
