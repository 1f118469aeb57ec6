import { SCHEMAS } from './object-encoding.ts';
import type { CalicoGroup, WorldResource } from './world-items.ts';

/** A resource in one API group. */
export interface ApiResource {
  readonly resource: WorldResource;
  readonly kind: string;
  /** `v1`, `discovery.k8s.io/v1`, `crd.projectcalico.org/v1`, … */
  readonly groupVersion: string;
  readonly namespaced: boolean;
  /** Custom resources are JSON only. */
  readonly protobuf: boolean;
}

const KINDS: Readonly<Record<WorldResource, { kind: string; namespaced: boolean }>> = {
  namespaces: { kind: 'Namespace', namespaced: false },
  serviceaccounts: { kind: 'ServiceAccount', namespaced: true },
  pods: { kind: 'Pod', namespaced: true },
  services: { kind: 'Service', namespaced: true },
  endpoints: { kind: 'Endpoints', namespaced: true },
  endpointslices: { kind: 'EndpointSlice', namespaced: true },
  hostendpoints: { kind: 'HostEndpoint', namespaced: false },
  ippools: { kind: 'IPPool', namespaced: false },
  clusterinformations: { kind: 'ClusterInformation', namespaced: false },
};

const SHORT_NAMES: Readonly<Partial<Record<WorldResource, readonly string[]>>> = {
  namespaces: ['ns'],
  serviceaccounts: ['sa'],
  pods: ['po'],
  services: ['svc'],
  endpoints: ['ep'],
};

const CORE: readonly WorldResource[] = ['namespaces', 'serviceaccounts', 'pods', 'services', 'endpoints'];
const CALICO: readonly WorldResource[] = ['hostendpoints', 'ippools', 'clusterinformations'];

/** The API groups of a cluster with what they serve, by group and version. */
export function apiGroups(calico: Iterable<CalicoGroup>): Map<string, ApiResource[]> {
  const of = (groupVersion: string, names: readonly WorldResource[]): [string, ApiResource[]] => [
    groupVersion,
    names.map((resource) => ({
      resource,
      groupVersion,
      ...KINDS[resource],
      protobuf: SCHEMAS[resource] !== undefined,
    })),
  ];
  return new Map([
    of('v1', CORE),
    of('discovery.k8s.io/v1', ['endpointslices']),
    ...[...calico].map((group) => of(group, CALICO)),
  ]);
}

/** The group whose shape a custom resource takes; core kinds do not depend on it. */
export function calicoGroup(resource: ApiResource): CalicoGroup {
  return resource.groupVersion === 'projectcalico.org/v3'
    ? 'projectcalico.org/v3'
    : 'crd.projectcalico.org/v1';
}

/** `/api`, `/apis` and the resource lists of each group: what kubectl and client libraries discover. */
export function discovery(
  path: string,
  groups: ReadonlyMap<string, readonly ApiResource[]>,
): object | undefined {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') return groupList(groups);
  const groupVersion = path === '/api/v1' ? 'v1' : path.replace(/^\/apis\//, '');
  const resources = groups.get(groupVersion);
  if (resources === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: resources.map((resource) => ({
      name: resource.resource,
      singularName: resource.kind.toLowerCase(),
      namespaced: resource.namespaced,
      kind: resource.kind,
      shortNames: SHORT_NAMES[resource.resource] ?? [],
      verbs: ['get', 'list', 'watch'],
    })),
  };
}

function groupList(groups: ReadonlyMap<string, unknown>): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groups.keys()]
      .filter((groupVersion) => groupVersion !== 'v1')
      .map((groupVersion) => {
        const [name, version] = groupVersion.split('/');
        const entry = { groupVersion, version };
        return { name, versions: [entry], preferredVersion: entry };
      }),
  };
}
