import * as fc from 'fast-check';
import type { DaemonEvent } from '../../src/contract/event.ts';
import type { Delta } from '../../src/model/delta.ts';
import type { EndpointSlice } from '../../src/model/endpoint-slice.ts';
import { LabelSet } from '../../src/model/label-set.ts';
import type { Entry, EntryKey, HostEndpoint, Profile } from '../../src/model/objects.ts';
import type { Service } from '../../src/model/service.ts';
import type { WorkloadEndpoint } from '../../src/model/workload-endpoint.ts';
import { MergedIndex } from '../../src/index/merged-index.ts';
import type { MergedIndexOptions } from '../../src/index/merged-index.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { FakeClock } from '../support/fake-clock.ts';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);
const numRuns = Number(process.env['PBT_NUM_RUNS'] ?? 150);

/** A failure prints the seed; PBT_SEED repeats it, PBT_NUM_RUNS sets the effort. */
export const propertyOptions: { readonly seed: number; readonly numRuns: number } = { seed, numRuns };

export interface IndexFixture {
  readonly index: MergedIndex;
  readonly clock: FakeClock;
  readonly events: DaemonEvent[];
}

export function newIndex(options: Partial<MergedIndexOptions> = {}): IndexFixture {
  const clock = new FakeClock();
  const events: DaemonEvent[] = [];
  const index = new MergedIndex({
    clock,
    random: seededRandom(7),
    report: (event) => events.push(event),
    maxObjectsPerCluster: 1_000_000,
    historyLength: 1024,
    ...options,
  });
  return { index, clock, events };
}

export function labels(record: Record<string, string> = {}): LabelSet {
  return LabelSet.fromRecord(record);
}

export function workload(name: string, more: Partial<WorkloadEndpoint> = {}): WorkloadEndpoint {
  return {
    kind: 'WorkloadEndpoint',
    namespace: 'shop',
    node: 'node-1',
    orchestrator: 'k8s',
    workload: name,
    endpoint: 'eth0',
    serviceAccount: 'default',
    interfaceName: '',
    ipNetworks: ['10.0.0.1/32'],
    labels: LabelSet.empty,
    profiles: [],
    ports: [],
    uid: '5c8f3b1e-0a57-4d3e-9c55-0123456789ab',
    resourceVersion: '1',
    created: 1_700_000_000_000,
    ...more,
  };
}

const meta = { uid: 'u', resourceVersion: '1', created: 0 };

export function hostEndpoint(name: string, more: Partial<HostEndpoint> = {}): HostEndpoint {
  return {
    kind: 'HostEndpoint',
    namespace: '',
    name,
    ...meta,
    node: name,
    interfaceName: '*',
    expectedIPs: [],
    labels: LabelSet.empty,
    profiles: [],
    ports: [],
    ...more,
  };
}

export function profile(name: string, labelsToApply: LabelSet, more: Partial<Profile> = {}): Profile {
  return { kind: 'Profile', namespace: '', name, ...meta, labelsToApply, ...more };
}

export function service(name: string, more: Partial<Service> = {}): Service {
  return {
    kind: 'Service',
    namespace: 'shop',
    name,
    ...meta,
    labels: LabelSet.empty,
    annotations: LabelSet.empty,
    type: 'ClusterIP',
    clusterIPs: ['10.96.0.1'],
    externalName: '',
    selector: LabelSet.empty,
    ports: [],
    publishNotReadyAddresses: false,
    sessionAffinity: 'None',
    ...more,
  };
}

export function slice(name: string, of: string, more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    namespace: 'shop',
    name,
    ...meta,
    service: of,
    labels: LabelSet.empty,
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: '' }],
    endpoints: [],
    ...more,
  };
}

export function put(...entries: readonly Entry[]): Delta[] {
  return entries.map((entry) => ({ op: 'put', entry }));
}

export function keyOf(entry: Entry): EntryKey {
  if (entry.kind !== 'WorkloadEndpoint') return { namespace: entry.namespace, name: entry.name };
  const { namespace, node, orchestrator, workload, endpoint } = entry;
  return { namespace, node, orchestrator, workload, endpoint };
}

/** Text that collides in ways that names do: dashes, suffix lengths around 16, other scripts. */
export const nameText: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?$/),
  fc.string({ minLength: 1, maxLength: 24, unit: 'grapheme' }),
  fc.constantFrom(
    'a',
    'web-7d9f8c6b5d-x2x4z',
    'x'.repeat(16),
    'x'.repeat(17),
    'ü'.repeat(17),
    `${'é'.repeat(20)}-abc`,
  ),
);
