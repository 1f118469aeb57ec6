import { type FeedView, MERGED } from '../feed-object.ts';
import type { FeedPlural, FeedResource } from '../feed-resource.ts';
import { FEED_RESOURCES } from '../objects/feed-resources.ts';

/** What a path stands for. */
export type ApiRoute =
  HealthRoute | DocumentRoute | ObjectsRoute | { readonly kind: 'none'; readonly hint: string };

export interface HealthRoute {
  readonly kind: 'health';
  readonly check: 'healthz' | 'livez' | 'readyz';
}

/** Says what is served, not what is in it. */
export interface DocumentRoute {
  readonly kind: 'document';
  readonly view: FeedView;
  /** Within the view: `/apis/discovery.k8s.io/v1`. */
  readonly path: string;
}

/** A collection, or one object of it. */
export interface ObjectsRoute {
  readonly kind: 'objects';
  readonly view: FeedView;
  readonly resource: FeedResource;
  /** undefined = all namespaces, or a resource without namespaces. */
  readonly namespace: string | undefined;
  /** undefined = the collection. */
  readonly name: string | undefined;
}

const NOTHING: ApiRoute = { kind: 'none', hint: '' };
const OLD_WATCH: ApiRoute = {
  kind: 'none',
  hint: ': the paths below /watch/ are not served, use ?watch=true on the collection',
};

/** By decoded segments of the path. Whether the cluster of a view exists is not looked at. */
export function routeOf(segments: readonly string[]): ApiRoute {
  const [first, cluster, ...rest] = segments;
  if (first !== 'clusters') return routeIn(MERGED, segments);
  return cluster === undefined ? NOTHING : routeIn({ view: 'cluster', cluster }, rest);
}

function routeIn(view: FeedView, segments: readonly string[]): ApiRoute {
  const [first] = segments;
  switch (first) {
    case undefined:
      return { kind: 'document', view, path: '/' };
    case 'healthz':
    case 'livez':
    case 'readyz':
      // `/livez/ping` and the like: single checks of the API server.
      return segments.length === 1 ? { kind: 'health', check: first } : NOTHING;
    case 'version':
    case 'openapi':
      return { kind: 'document', view, path: `/${segments.join('/')}` };
    case 'api':
    case 'apis':
      return routeInGroup(view, segments);
    default:
      return NOTHING;
  }
}

/** `api/VERSION/…` is the core group, `apis/GROUP/VERSION/…` any other. */
function routeInGroup(view: FeedView, segments: readonly string[]): ApiRoute {
  const [group = '', version = '', ...rest] =
    segments[0] === 'api' ? ['', ...segments.slice(1)] : segments.slice(1);
  return rest.length === 0
    ? { kind: 'document', view, path: `/${segments.join('/')}` }
    : objectsIn({ view, group, version }, rest);
}

interface GroupVersion {
  readonly view: FeedView;
  readonly group: string;
  readonly version: string;
}

function objectsIn(where: GroupVersion, segments: readonly string[]): ApiRoute {
  const [first = '', second, third, fourth] = segments;
  if (first === 'watch' && segments.length > 1) return OLD_WATCH;
  // `namespaces/NAME` alone is the namespace itself.
  const isInside = first === 'namespaces' && third !== undefined;
  if (segments.length > (isInside ? 4 : 2)) return NOTHING;
  const resource = resourceIn(where, isInside ? third : first);
  if (resource === undefined) return NOTHING;
  const { view } = where;
  if (isInside) {
    return resource.namespaced
      ? { kind: 'objects', view, resource, namespace: second, name: fourth }
      : NOTHING;
  }
  if (resource.namespaced && second !== undefined) return NOTHING;
  return { kind: 'objects', view, resource, namespace: undefined, name: second };
}

function resourceIn({ group, version }: GroupVersion, plural: string): FeedResource | undefined {
  if (!Object.hasOwn(FEED_RESOURCES, plural)) return undefined;
  const resource = FEED_RESOURCES[plural as FeedPlural];
  return resource.group === group && resource.version === version ? resource : undefined;
}
