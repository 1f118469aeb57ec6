import type { EndpointSlice, SlicePort } from '../../model/endpoint-slice.ts';
import type { HostEndpoint, IPPool, Profile } from '../../model/objects.ts';
import { printable } from '../../model/printable.ts';
import type { Service } from '../../model/service.ts';
import type { WorkloadEndpoint } from '../../model/workload-endpoint.ts';
import type { FeedObject, FeedView, RemoteClusterState } from '../feed-object.ts';
import { shownSelector } from './core-objects-json.ts';
import { createdOf } from './object-json.ts';
import { shownMessage } from './remote-cluster-json.ts';
import { prefixOf, shownInterface, shownName, underCluster, withCluster } from './shown-identity.ts';
import { withoutCluster } from './shown-labels.ts';
import { shownAge } from './shown-time.ts';

/** How much of one cell is shown: lists of a remote cluster may be long. */
const MAX_CELL = 512;
/** As many items as kubectl shows of ports and addresses. */
const MAX_ITEMS = 3;

interface Context {
  readonly cluster: string | undefined;
  readonly age: string;
  readonly now: number;
}

/**
 * The cells of an object, one for each column of its resource, ages as of `now` (milliseconds since the epoch). As they go
 * to terminals, what could move a cursor is a blank.
 */
export function tableCells(object: FeedObject, view: FeedView, now: number): string[] {
  const age = shownAge(createdOf(object), now);
  const context = { cluster: prefixOf(object, view), age, now };
  return [shownName(object, view), ...cellsOf(object, context)].map(shownCell);
}

function cellsOf({ content }: FeedObject, context: Context): string[] {
  switch (content.kind) {
    case 'Service':
      return serviceCells(content, context);
    case 'EndpointSlice':
      return sliceCells(content, context);
    case 'WorkloadEndpoint':
      return workloadCells(content, context);
    case 'HostEndpoint':
      return hostCells(content, context);
    case 'Profile':
      return profileCells(content, context);
    case 'IPPool':
      return poolCells(content, context);
    case 'RemoteCluster':
      return remoteCells(content, context);
    case 'Namespace':
      return ['Active', context.age];
    case 'ClusterInformation':
      return [];
  }
}

function serviceCells(service: Service, { cluster, age }: Context): string[] {
  const ports = service.ports.map(({ port, protocol }) => `${port}/${protocol}`);
  return [
    service.type,
    service.clusterIPs[0] ?? '<none>',
    externalAddress(service),
    listed(ports),
    age,
    listed(shownSelector(service, cluster).map(([key, value]) => `${key}=${value}`)),
  ];
}

/** Addresses of load balancers and external IPs are not kept. */
function externalAddress({ type, externalName }: Service): string {
  if (type === 'ExternalName') return externalName;
  return type === 'LoadBalancer' ? '<unknown>' : '<none>';
}

function sliceCells({ addressType, ports, endpoints }: EndpointSlice, { age }: Context): string[] {
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
  return [addressType, firstOf(ports.map(slicePort)), firstOf(addresses), age];
}

function slicePort({ port, name }: SlicePort): string {
  return port === undefined ? name || '*' : String(port);
}

function workloadCells(endpoint: WorkloadEndpoint, { cluster, age }: Context): string[] {
  return [
    endpoint.workload,
    underCluster(cluster, endpoint.node),
    listed(endpoint.ipNetworks),
    shownInterface(endpoint),
    age,
    listed(endpoint.profiles.map((name) => withCluster(cluster, name))),
  ];
}

function hostCells(endpoint: HostEndpoint, { cluster, age }: Context): string[] {
  return [
    underCluster(cluster, endpoint.node),
    endpoint.interfaceName || '<none>',
    listed(endpoint.expectedIPs),
    age,
    listed(endpoint.profiles.map((name) => withCluster(cluster, name))),
  ];
}

function profileCells({ labelsToApply }: Profile, { age }: Context): string[] {
  return [age, listed(withoutCluster(labelsToApply).map(([key, value]) => `${key}=${value}`))];
}

function poolCells(pool: IPPool, { age }: Context): string[] {
  return [
    pool.cidr,
    String(pool.natOutgoing),
    String(pool.disabled),
    age,
    pool.ipipMode || '<none>',
    pool.vxlanMode || '<none>',
  ];
}

function remoteCells({ status }: RemoteClusterState, { age, now }: Context): string[] {
  const { counts } = status;
  return [
    status.datastoreType ?? '<none>',
    status.status,
    status.reason,
    String(counts.workloadEndpoints + counts.hostEndpoints),
    counted(counts.services),
    shownAge(status.since, now),
    status.lastContact === null ? '<never>' : shownAge(status.lastContact, now),
    counted(counts.endpointSlices),
    age,
    shownMessage(status.message),
  ];
}

function counted(count: number | null): string {
  return count === null ? '<none>' : String(count);
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? '<none>' : items.join(',');
}

function firstOf(items: readonly string[]): string {
  if (items.length === 0) return '<unset>';
  const first = items.slice(0, MAX_ITEMS).join(',');
  return items.length > MAX_ITEMS ? `${first} + ${items.length - MAX_ITEMS} more...` : first;
}

function shownCell(text: string): string {
  return printable(text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text);
}
