/** A difference that was seen between the feed and a real kube-apiserver with the same objects. */
export interface FeedDifference {
  /** By the names that `test/feed/clients` has for them. */
  readonly requests: readonly string[];
  /** What a client notices: code, type, and what is in the answer. */
  readonly apiserver: string;
  readonly feed: string;
  readonly why: string;
}

/** All of them: `test/feed/clients/differences.test.ts` fails on one that is not here, and on one that is gone. */
export const FEED_DIFFERENCES: readonly FeedDifference[] = [
  {
    requests: ['get with an unreadable resourceVersion', 'watch with an unreadable resourceVersion'],
    apiserver:
      '500 · json · Status Failure · "resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax"',
    feed: '400 · json · Status BadRequest · "resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax"',
    why: "An unreadable version is the client's mistake, so 400; the API server's own code for it here is an internal error.",
  },
  {
    requests: ['get of a subresource'],
    apiserver: '200 · json · Service · name web',
    feed: '404 · json · Status NotFound · "the server could not find the requested resource"',
    why: 'There are no subresources: nothing is written, and status is part of the object.',
  },
  {
    requests: ['list as CBOR', 'list as HTML', 'watch as HTML'],
    apiserver:
      '406 · json · Status NotAcceptable · "406: Not Acceptable  Available representations: application/json, application/yaml, applic…"',
    feed: '406 · json · Status NotAcceptable · "only the following media types are accepted: application/json, application/vnd.kubernetes.…"',
    why: 'The sentence differs; code and reason are the same.',
  },
  {
    requests: ['OPTIONS of a list'],
    apiserver:
      '405 · json · Status MethodNotAllowed · "the server does not allow this method on the requested resource"',
    feed: '405 · json · Status MethodNotAllowed · "the feed is read-only and does not support OPTIONS: it shows what the remote clusters hold…"',
    why: 'The sentence differs; code and reason are the same.',
  },
  {
    requests: ['list with limit'],
    apiserver: '200 · json · ServiceList · 2 items · continue · remainingItemCount 1',
    feed: '200 · json · ServiceList · 2 items · continue',
    why: 'Only lists of a whole collection say how many items remain: the rest of a namespace would have to be counted for it.',
  },
  {
    requests: [
      'a path that is not there',
      'list of a cluster-scoped kind in a namespace',
      'list of a group that is not there',
    ],
    apiserver: '404 · text/plain; charset=utf-8 · 404 page not found',
    feed: '404 · json · Status NotFound · "the server could not find the requested resource"',
    why: 'Every error is a `Status`.',
  },
  {
    requests: ['list with resourceVersion=0 and limit'],
    apiserver: '200 · json · ServiceList · [cache db web]',
    feed: '200 · json · ServiceList · 2 items · continue',
    why: "The API server's watch cache passes over `limit` for version 0; the feed keeps it.",
  },
  {
    requests: ['list of a version that is far ahead', 'list of exactly a version that is far ahead'],
    apiserver:
      '504 · json · Status Timeout · ResourceVersionTooLarge · retryAfterSeconds · "Timeout: Too large resource version: N, current: N"',
    feed: '410 · json · Status Expired · "resource version N was not issued by this process: list again"',
    why: 'A version that this process did not issue can be that of another replica: waiting for it would be of no use, 410 makes every informer list again.',
  },
  {
    requests: ['watch from a version that is far ahead'],
    apiserver: '200 · json',
    feed: '200 · json · ERROR 410 Expired',
    why: 'A version that this process did not issue can be that of another replica: waiting for it would be of no use, 410 makes every informer list again.',
  },
  {
    requests: ['list of a custom kind as protobuf', 'watch of a custom kind as protobuf'],
    apiserver: '406 · vnd.kubernetes.protobuf · k8s',
    feed: '406 · json · Status NotAcceptable · "only the following media types are accepted: application/json"',
    why: 'Where a kind has no protobuf, its errors are JSON.',
  },
  {
    requests: ['list as YAML'],
    apiserver: '200 · yaml · a text',
    feed: '406 · json · Status NotAcceptable · "only the following media types are accepted: application/json, application/vnd.kubernetes.…"',
    why: 'YAML is not served; `kubectl -o yaml` asks for JSON and makes the YAML itself.',
  },
  {
    requests: ['HEAD of a list'],
    apiserver: '405 · json',
    feed: '200 · json',
    why: 'HEAD is answered as GET without the body.',
  },
  {
    requests: ['create'],
    apiserver: '201 · json · Service · name new',
    feed: '405 · json · Status MethodNotAllowed · "the feed is read-only and does not support POST: it shows what the remote clusters hold, s…"',
    why: 'The feed is read-only.',
  },
  {
    requests: ['replace'],
    apiserver:
      '400 · json · Status BadRequest · "the name of the object (web based on URL) was undeterminable: name must be provided"',
    feed: '405 · json · Status MethodNotAllowed · "the feed is read-only and does not support PUT: it shows what the remote clusters hold, so…"',
    why: 'The feed is read-only.',
  },
  {
    requests: ['patch'],
    apiserver: '200 · json · Service · name web',
    feed: '405 · json · Status MethodNotAllowed · "the feed is read-only and does not support PATCH: it shows what the remote clusters hold, …"',
    why: 'The feed is read-only.',
  },
  {
    requests: ['delete'],
    apiserver: '200 · json · Service · name web',
    feed: '405 · json · Status MethodNotAllowed · "the feed is read-only and does not support DELETE: it shows what the remote clusters hold,…"',
    why: 'The feed is read-only.',
  },
  {
    requests: ['deletecollection'],
    apiserver: '200 · json · HostEndpointList · [host-cache host-db host-web]',
    feed: '405 · json · Status MethodNotAllowed · "the feed is read-only and does not support DELETE: it shows what the remote clusters hold,…"',
    why: 'The feed is read-only.',
  },
  {
    requests: ['watch below /watch/'],
    apiserver: '200 · json · ADDED cache, ADDED db, ADDED web',
    feed: '404 · json · Status NotFound · "the server could not find the requested resource: the paths below /watch/ are not served, …"',
    why: 'The old form of watches is not served; `?watch=true` is what every client of today sends.',
  },
  {
    requests: ['/livez/ping'],
    apiserver: '200 · text/plain; charset=utf-8 · ok',
    feed: '404 · json · Status NotFound · "the server could not find the requested resource"',
    why: 'Health has no single checks.',
  },
  {
    requests: ['/metrics'],
    apiserver: '200 · text/plain; version=0.0.4; charset=utf-8; escaping=underscores · a text',
    feed: '404 · json · Status NotFound · "the server could not find the requested resource"',
    why: 'Metrics are at the ops address.',
  },
  {
    requests: ['watch as a table'],
    apiserver: '200 · json · MODIFIED table with columns web, ADDED table late, DELETED table late',
    feed: '200 · json · MODIFIED table with columns web, ADDED table with columns late, DELETED table with columns late',
    why: 'Each event is complete in itself, as all watchers share its bytes; kubectl prints the header once all the same.',
  },
  {
    requests: ['headers of a list', 'headers of a watch', 'headers of an error', 'headers of an object'],
    apiserver:
      'audit-id cache-control content-type x-kubernetes-pf-flowschema-uid x-kubernetes-pf-prioritylevel-uid',
    feed: 'cache-control content-type x-content-type-options',
    why: 'There is no audit log and no priority and fairness; `nosniff` keeps browsers from guessing.',
  },
  {
    requests: ['fields of a Service'],
    apiserver: 'metadata.managedFields[] spec.internalTrafficPolicy spec.ipFamilyPolicy',
    feed: '',
    why: 'Only what federation keeps of an object is shown; the first list is what is missing, nothing is added.',
  },
  {
    requests: ['fields of a HostEndpoint', 'fields of an EndpointSlice'],
    apiserver: 'metadata.generation metadata.managedFields[]',
    feed: '',
    why: 'Only what federation keeps of an object is shown; the first list is what is missing, nothing is added.',
  },
  {
    requests: ['continue of a list that is forgotten'],
    apiserver:
      '410 · json · Status Expired · "The provided continue parameter is too old to display a consistent list result. You can st…"',
    feed: '410 · json · Status Expired · "The provided continue parameter is too old to display a consistent list result. You must s…"',
    why: 'A list is continued only exactly where it was; the API server offers a token that goes on with the present.',
  },
  {
    requests: [
      'list of exactly a version that is forgotten',
      'list with limit of a version that is forgotten',
    ],
    apiserver: '410 · json · Status Expired · "The resourceVersion for the provided list is too old."',
    feed: '410 · json · Status Expired · "resource version N was not issued by this process: list again"',
    why: 'After a restart no version of before is known; the sentence differs, code and reason are the same.',
  },
  {
    requests: ['list not older than a version of before'],
    apiserver: '200 · json · ServiceList · [cache db web]',
    feed: '410 · json · Status Expired · "resource version N was not issued by this process: list again"',
    why: 'The API server keeps its versions over a restart, the feed begins anew: 410, and the client lists without a version.',
  },
];
