/**
 * One federated service with many backends: memory, and the time of single changes. Needs --expose-gc; the figures are in
 * `extra`.
 */
import type { EndpointSlice } from '../../src/model/endpoint-slice.ts';
import type { Service } from '../../src/model/service.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { finish, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';
import { quantile } from '../harness/statistics.ts';
import { backingService, backingSlice, federatedService } from './federation-data.ts';
import type { EndpointState } from './federation-data.ts';
import { FederationRig } from './federation-rig.ts';

const { endpoints, clusters, changes } = work() as { endpoints: number; clusters: number; changes: number };
const NAMESPACE = 'shop';
const SERVICE = 'checkout';
const PER_SLICE = 100;
const perCluster = endpoints / clusters;
const slicesEach = Math.ceil(perCluster / PER_SLICE);
const random = seededRandom(3);

const states = Array.from({ length: endpoints }, (_, number): EndpointState => ({ number }));

function slice(cluster: number, part: number): EndpointSlice {
  const from = cluster * perCluster + part * PER_SLICE;
  const to = Math.min(from + PER_SLICE, (cluster + 1) * perCluster);
  return backingSlice(NAMESPACE, SERVICE, part, states.slice(from, to));
}

function* objectsOf(cluster: number): Generator<Service | EndpointSlice> {
  yield backingService(NAMESPACE, SERVICE);
  for (let part = 0; part < slicesEach; part++) yield slice(cluster, part);
}

function collected(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const before = collected();
const rig = new FederationRig();
const meter = new Meter();
meter.start();
const stores = Array.from({ length: clusters }, (_, cluster) =>
  rig.remoteCluster(`cluster-${cluster}`, objectsOf(cluster)).resource('endpointslices'),
);
rig.localServices([federatedService(NAMESPACE, SERVICE)]);
const loaded = collected();
const { controller } = rig;
controller.services.start();
controller.slices.listed([]);
controller.endpoints.listed([]);
const began = performance.now();
const first = rig.plan(NAMESPACE, SERVICE);
const firstMs = performance.now() - began;
rig.accept(first);
if (rig.plan(NAMESPACE, SERVICE).length > 0) throw new Error('what was just written is not as planned');
const after = collected();

let dirty = 0;
controller.services.onDirty(() => dirty++);
const commitMs: number[] = [];
const planMs: number[] = [];
const acceptMs: number[] = [];
for (let i = 0; i < changes; i++) {
  const number = Math.floor(random() * endpoints);
  const state = states[number] ?? { number };
  // In turn a pod's readiness, and another pod in its place.
  states[number] =
    i % 2 === 0
      ? { ...state, ready: state.ready === false }
      : { ...state, generation: (state.generation ?? 0) + 1 };
  const cluster = Math.floor(number / perCluster);
  const entry = slice(cluster, Math.floor((number % perCluster) / PER_SLICE));
  dirty = 0;
  const start = performance.now();
  stores[cluster]?.apply([{ op: 'put', entry }]);
  const committed = performance.now();
  const edits = rig.plan(NAMESPACE, SERVICE);
  const planned = performance.now();
  if (dirty !== 1 || edits.length !== 1 || edits[0]?.op !== 'update') {
    throw new Error(`change ${i}: ${dirty} services marked, ${edits.map(({ op }) => op).join(' ')}`);
  }
  rig.accept(edits);
  acceptMs.push(performance.now() - planned);
  commitMs.push(committed - start);
  planMs.push(planned - committed);
}
const both = planMs.map((ms, i) => ms + (commitMs[i] ?? 0));
finish({
  ...(await meter.stop(changes)),
  heapMb: after / 1e6,
  extra: {
    slices: first.length,
    firstMs,
    indexBytesPerEndpoint: (loaded - before) / endpoints,
    bytesPerEndpoint: (after - before) / endpoints,
    commitMs: quantile(commitMs, 0.5),
    planMs: quantile(planMs, 0.5),
    changeMs: quantile(both, 0.5),
    changeP99Ms: quantile(both, 0.99),
    acceptMs: quantile(acceptMs, 0.5),
  },
});
