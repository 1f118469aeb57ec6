/**
 * Many federated services over many clusters: the plan of all as at a restart, and then single changes. Needs --expose-gc; the
 * figures are in `extra`.
 */
import { carryEndpoint } from '../../src/controller/selection/carried-endpoint.ts';
import type { EndpointSlice } from '../../src/model/endpoint-slice.ts';
import type { JsonObject } from '../../src/model/json-field.ts';
import type { Service } from '../../src/model/service.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { finish, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';
import { quantile } from '../harness/statistics.ts';
import { backingService, backingSlice, federatedService, stored, writtenBefore } from './federation-data.ts';
import type { EndpointState } from './federation-data.ts';
import { FederationRig } from './federation-rig.ts';

const { services, clusters, perSlice, changes } = work() as {
  services: number;
  clusters: number;
  perSlice: number;
  changes: number;
};
/** Federated services in each namespace. */
const PER_NAMESPACE = 20;
const random = seededRandom(5);
const rig = new FederationRig();
const { controller } = rig;
const written: JsonObject[] = [];
const federated = Array.from({ length: services }, (_, s) => federatedService(namespaceOf(s), nameOf(s)));
rig.localServices(federated);

function namespaceOf(service: number): string {
  return `team-${Math.floor(service / PER_NAMESPACE)}`;
}

function nameOf(service: number): string {
  return `svc-${service}`;
}

function slice(cluster: number, service: number, changed?: EndpointState): EndpointSlice {
  const first = (cluster * services + service) * perSlice;
  const states = Array.from({ length: perSlice }, (_, i) => ({ number: first + i }));
  return backingSlice(
    namespaceOf(service),
    nameOf(service),
    0,
    changed ? [changed, ...states.slice(1)] : states,
  );
}

function* objectsOf(cluster: number): Generator<Service | EndpointSlice> {
  for (const [s, service] of federated.entries()) {
    yield backingService(service.namespace, service.name);
    const backing = slice(cluster, s);
    written.push(leftBy(service, `cluster-${cluster}`, backing));
    yield backing;
  }
}

/** What an earlier process wrote of it. Made without a plan: the one that is measured shall be the first. */
function leftBy(service: Service, cluster: string, { ports, endpoints }: EndpointSlice): JsonObject {
  const carried = endpoints.map((endpoint) =>
    carryEndpoint(cluster, endpoint, endpoint.addresses[0] ?? '', true),
  );
  const sorted = carried.sort((a, b) => ((a.addresses[0] ?? '') < (b.addresses[0] ?? '') ? -1 : 1));
  return stored(writtenBefore(service, { cluster, family: 'IPv4', ports, endpoints: sorted }));
}

const stores = Array.from({ length: clusters }, (_, cluster) =>
  rig.remoteCluster(`cluster-${cluster}`, objectsOf(cluster)).resource('endpointslices'),
);
controller.endpoints.listed([]);
const listing = performance.now();
controller.slices.listed(written.splice(0));
const listedMs = performance.now() - listing;

// What making the data left behind is not to be paid for here.
globalThis.gc?.();
const meter = new Meter();
meter.start();
const starting = performance.now();
controller.services.start();
const selectionMs = performance.now() - starting;
const firstEdits = planAll();
const measured = await meter.stop(services * clusters * perSlice);
if (firstEdits > 0) throw new Error(`${firstEdits} edits where everything is in place`);
const again = performance.now();
planAll();
const againMs = performance.now() - again;
globalThis.gc?.();
const { heapUsed, external } = process.memoryUsage();

function planAll(): number {
  let edits = 0;
  for (const { namespace, name } of controller.plans.keys()) edits += rig.plan(namespace, name).length;
  return edits;
}

const changeMs: number[] = [];
for (let i = 0; i < changes; i++) {
  const cluster = Math.floor(random() * clusters);
  const service = Math.floor(random() * services);
  const number = (cluster * services + service) * perSlice;
  const entry = slice(cluster, service, { number, generation: 1 + i });
  const start = performance.now();
  stores[cluster]?.apply([{ op: 'put', entry }]);
  const edits = rig.plan(namespaceOf(service), nameOf(service));
  changeMs.push(performance.now() - start);
  if (edits.length !== 1) throw new Error(`change ${i}: ${edits.map(({ op }) => op).join(' ')}`);
  rig.accept(edits);
}
finish({
  ...measured,
  heapMb: (heapUsed + external) / 1e6,
  extra: {
    listedMs,
    selectionMs,
    againMs,
    changeUs: quantile(changeMs, 0.5) * 1000,
    changeP99Us: quantile(changeMs, 0.99) * 1000,
  },
});
