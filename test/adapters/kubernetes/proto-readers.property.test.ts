import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { PodFacts } from '../../../src/model/pod-facts.ts';
import { LabelSet } from '../../../src/model/label-set.ts';
import { SharedValues, annotationFilter } from '../../../src/adapters/kubernetes/wire/proto-meta.ts';
import {
  type JsonShapeReader,
  MetaOnlyReader,
  endpointSliceReader,
  endpointsReader,
  serviceReader,
} from '../../../src/adapters/kubernetes/wire/proto-network.ts';
import { PodReader } from '../../../src/adapters/kubernetes/wire/proto-pod.ts';
import { ProtoError } from '../../../src/adapters/kubernetes/wire/proto-reader.ts';
import { fullDecode, messageType } from './kube-proto.ts';
import { type Generators, messageBytes } from './shuffled-encoding.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- the full decoder's output has every shape
type Full = any;

const seed = Number(process.env['PBT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = { seed, numRuns: Number(process.env['PBT_NUM_RUNS'] ?? 150) };

const port = fc.integer({ min: 0, max: 65_535 });
const annotationKeys = fc.constantFrom(
  'cni.projectcalico.org/podIP',
  'cni.projectcalico.org/podIPs',
  'vpc.amazonaws.com/pod-ips',
  'cni.projectcalico.org/podIPx',
  'federation.tigera.io/serviceSelector',
  'other',
  '',
);
const generators: Generators = {
  strings: { annotations: annotationKeys, phase: fc.constantFrom('Running', 'Failed', 'NewPhase', '') },
  integers: {
    hostPort: port,
    containerPort: port,
    port,
    intVal: port,
    seconds: fc.integer({ min: -5, max: 4_000_000_000 }),
    type: fc.constantFrom(0, 1),
  },
};

describe(`partial protobuf readers equal a full decoder (PBT_SEED=${seed})`, () => {
  // One reader for all runs: what one object leaves behind must not show in the next.
  const shared = new SharedValues(64);

  it('Pod', () => {
    const reader = new PodReader(shared);
    fc.assert(
      fc.property(messageBytes(messageType('Pod'), generators), (bytes) => {
        assert.deepEqual(plain(reader.read(bytes)), podOf(fullDecode('Pod', bytes)));
      }),
      runs,
    );
  });

  it('Namespace and ServiceAccount metadata', () => {
    const reader = new MetaOnlyReader(shared, annotationFilter(['other'], ['federation.tigera.io/']));
    fc.assert(
      fc.property(messageBytes(messageType('Namespace'), generators), (bytes) => {
        const meta = reader.read(bytes);
        const full: Full = fullDecode('Namespace', bytes)['metadata'] ?? {};
        assert.equal(meta.name, full.name ?? '');
        assert.equal(meta.namespace, full.namespace ?? '');
        assert.equal(meta.uid, full.uid ?? '');
        assert.equal(meta.resourceVersion, full.resourceVersion ?? '');
        assert.equal(meta.created, created(full));
        assert.deepEqual(reader.labels().toRecord(), sorted(full.labels));
        const kept = Object.entries<string>(full.annotations ?? {}).filter(
          ([key]) => key === 'other' || key.startsWith('federation.tigera.io/'),
        );
        assert.deepEqual(Object.fromEntries(meta.annotations ?? []), Object.fromEntries(kept));
      }),
      runs,
    );
  });

  it('Service', () => sameShape(serviceReader(shared), 'Service', serviceOf));
  it('EndpointSlice', () => sameShape(endpointSliceReader(shared), 'EndpointSlice', withoutTopology));
  it('Endpoints', () => sameShape(endpointsReader(shared), 'Endpoints', (full) => full));

  it('never crash and never read on after an error, whatever byte is wrong', () => {
    const reader = new PodReader(shared);
    const good = messageBytes(messageType('Pod'), generators);
    const spoilt = fc.tuple(good, fc.nat(), fc.nat(255), fc.boolean()).map(([bytes, at, value, cut]) => {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = value;
      return cut ? copy.subarray(0, at % (copy.length + 1)) : copy;
    });
    fc.assert(
      fc.property(spoilt, good, (broken, next) => {
        try {
          reader.read(broken);
        } catch (error) {
          assert.ok(error instanceof ProtoError, String(error));
        }
        assert.deepEqual(plain(reader.read(next)), podOf(fullDecode('Pod', next)));
      }),
      { ...runs, numRuns: runs.numRuns * 2 },
    );
  });

  function sameShape(reader: JsonShapeReader, type: string, expected: (full: Full) => Full): void {
    fc.assert(
      fc.property(messageBytes(messageType(type), generators), (bytes) => {
        const { metadata, ...rest } = reader.read(bytes);
        const { metadata: fullMeta, ...fullRest } = fullDecode(type, bytes) as Full;
        assert.deepEqual(pruned(rest), pruned(expected(fullRest)));
        assert.equal((metadata as Full).name, fullMeta?.name ?? '');
        assert.deepEqual(sorted((metadata as Full).labels), sorted(fullMeta?.labels));
      }),
      runs,
    );
  }
});

function plain(pod: PodFacts): Full {
  return { ...pod, labels: pod.labels.toRecord() };
}

function podOf(full: Full): Full {
  const meta = full.metadata ?? {};
  const spec = full.spec ?? {};
  const status = full.status ?? {};
  return {
    ...strings(meta, ['namespace', 'name', 'uid', 'resourceVersion']),
    created: created(meta),
    deleting: meta.deletionTimestamp !== undefined,
    labels: sorted(meta.labels),
    podIPAnnotation: meta.annotations?.['cni.projectcalico.org/podIP'],
    podIPsAnnotation: meta.annotations?.['cni.projectcalico.org/podIPs'],
    awsPodIPsAnnotation: meta.annotations?.['vpc.amazonaws.com/pod-ips'],
    ...strings(spec, ['nodeName', 'serviceAccountName']),
    hostNetwork: spec.hostNetwork ?? false,
    ...strings(status, ['phase']),
    statusPodIP: status.podIP ?? '',
    statusPodIPs: (status.podIPs ?? []).map((item: Full) => item.ip ?? ''),
    ports: [...portsOf(spec.containers), ...portsOf(spec.initContainers)],
  };
}

function strings(from: Full, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, from[key] ?? '']));
}

function portsOf(containers: Full[] | undefined): Full[] {
  const ports = (containers ?? []).flatMap((container) => (container.ports ?? []) as Full[]);
  return ports.map((item) => ({
    name: item.name ?? '',
    protocol: item.protocol ?? '',
    hostIP: item.hostIP ?? '',
    containerPort: item.containerPort ?? 0,
    hostPort: item.hostPort ?? 0,
  }));
}

function serviceOf(full: Full): Full {
  if (full.spec === undefined) return full;
  const spec = { ...full.spec };
  delete spec.externalIPs;
  for (const item of spec.ports ?? []) {
    delete item.nodePort;
    const target = item.targetPort;
    if (target) item.targetPort = target.type === 1 ? (target.strVal ?? '') : (target.intVal ?? 0);
  }
  return { spec };
}

function withoutTopology(full: Full): Full {
  for (const item of full.endpoints ?? []) delete item.deprecatedTopology;
  return full;
}

function created(meta: Full): number {
  return Math.max(0, (meta.creationTimestamp?.seconds ?? 0) * 1000);
}

function sorted(labels: Record<string, string> | undefined): Record<string, string> {
  return LabelSet.fromRecord(labels ?? {}).toRecord();
}

/** Without empty lists, maps and references' unread fields: absent and empty are one in protobuf. */
function pruned(value: Full): Full {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries<Full>(value)
    .filter(([key]) => key !== 'fieldPath')
    .map(([key, item]) => [key, pruned(item)] as const)
    .filter(([key, item]) => !isEmpty(key, item));
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isEmpty(key: string, value: Full): boolean {
  if (key === 'selector') return Object.keys(value).length === 0;
  return Array.isArray(value) && value.length === 0;
}
