import { FEED_PLURALS } from '../feed-resource.ts';
import type { FeedResource } from '../feed-resource.ts';
import { FEED_RESOURCES } from '../objects/feed-resources.ts';

const VERBS = ['get', 'list', 'watch'];

/** What is served in one version of one group. */
export interface GroupVersion {
  /** '' = core. */
  readonly group: string;
  readonly version: string;
  readonly resources: readonly FeedResource[];
}

/** The groups of the feed, core first; each has one version. */
export const GROUP_VERSIONS: readonly GroupVersion[] = groupVersions();

/** `v1`, `discovery.k8s.io/v1` */
export function groupVersionName({ group, version }: Pick<GroupVersion, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `/api` in the old form. */
export function apiVersions(): unknown {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

/** `/apis` in the old form. */
export function apiGroupList(): unknown {
  const groups = GROUP_VERSIONS.filter(({ group }) => group !== '').map(groupOf);
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** `/apis/GROUP` */
export function apiGroup(groupVersion: GroupVersion): unknown {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(groupVersion) };
}

/** `/api/v1`, `/apis/GROUP/VERSION` */
export function apiResourceList(groupVersion: GroupVersion): unknown {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersionName(groupVersion),
    resources: groupVersion.resources.map((resource) => ({
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      kind: resource.kind,
      verbs: VERBS,
      ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
      ...(resource.categories.length > 0 && { categories: resource.categories }),
    })),
  };
}

/** `/api` (core) or `/apis` (all others) in the form of apidiscovery.k8s.io/v2: everything in one answer. */
export function aggregatedDiscovery(core: boolean): unknown {
  const items = GROUP_VERSIONS.filter(({ group }) => (group === '') === core).map((groupVersion) => ({
    metadata: { ...(!core && { name: groupVersion.group }), creationTimestamp: null },
    versions: [
      {
        version: groupVersion.version,
        resources: groupVersion.resources.map((resource) => aggregatedResource(resource)),
        freshness: 'Current',
      },
    ],
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

function aggregatedResource(resource: FeedResource): unknown {
  const { group, version, kind } = resource;
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: VERBS,
    ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
    ...(resource.categories.length > 0 && { categories: resource.categories }),
  };
}

function groupOf({ group, version }: GroupVersion): object {
  const preferred = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [preferred], preferredVersion: preferred };
}

function groupVersions(): readonly GroupVersion[] {
  const found = new Map<string, FeedResource[]>();
  for (const plural of FEED_PLURALS) {
    const resource = FEED_RESOURCES[plural];
    const name = groupVersionName(resource);
    const known = found.get(name);
    if (known) known.push(resource);
    else found.set(name, [resource]);
  }
  return [...found.values()].flatMap((resources) => {
    const [first] = resources;
    return first === undefined ? [] : [{ group: first.group, version: first.version, resources }];
  });
}
