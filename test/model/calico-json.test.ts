import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { calicoDeleted, decodeCalico } from '../../src/model/calico-json.ts';
import type { CalicoResource } from '../../src/model/calico-json.ts';
import type { CalicoSource } from '../../src/model/calico-metadata.ts';
import type { Delta } from '../../src/model/delta.ts';
import type { Entry } from '../../src/model/objects.ts';
import { check } from './property.ts';

const wepKey = { namespace: 'prod', name: 'node--1-k8s-web--1-eth0' };
const wepId = { namespace: 'prod', node: 'node-1', orchestrator: 'k8s', workload: 'web-1', endpoint: 'eth0' };

function source(key: CalicoSource['key'], change: Partial<CalicoSource> = {}): CalicoSource {
  return { form: 'etcd', key, revision: '42', where: '/calico/x', ...change };
}

const wep = {
  kind: 'WorkloadEndpoint',
  apiVersion: 'projectcalico.org/v3',
  metadata: {
    name: 'node--1-k8s-web--1-eth0',
    namespace: 'prod',
    uid: '11111111-2222-4333-8444-555555555555',
    creationTimestamp: '2026-08-22T10:00:00Z',
    labels: {
      app: 'web',
      'pcns.env': 'spoof',
      'projectcalico.org/namespace': 'prod',
      'projectcalico.org/orchestrator': 'k8s',
    },
  },
  spec: {
    orchestrator: 'k8s',
    node: 'node-1',
    pod: 'web-1',
    endpoint: 'eth0',
    serviceAccountName: 'web',
    ipNetworks: ['10.0.0.1/32', 'FD00::1'],
    profiles: ['kns.prod', 'ksa.prod.web'],
    interfaceName: 'cali123',
    ports: [
      { name: 'http', protocol: 'TCP', port: 80, hostPort: 0, hostIP: '' },
      { name: 'icmp', protocol: 1, port: 0 },
    ],
  },
};

function decodeWep(spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): Delta {
  const object = { ...wep, metadata: { ...wep.metadata, ...metadata }, spec: { ...wep.spec, ...spec } };
  return decodeCalico('workloadendpoints', object, source(wepKey));
}

function put<K extends Entry['kind']>(delta: Delta, kind: K): Extract<Entry, { kind: K }> {
  assert.ok(delta.op === 'put' && delta.entry.kind === kind, JSON.stringify(delta));
  return delta.entry as Extract<Entry, { kind: K }>;
}

function reasonOf(delta: Delta): string {
  assert.ok(delta.op === 'skip', JSON.stringify(delta));
  return delta.reason;
}

describe('a WorkloadEndpoint in etcd', () => {
  it('is read as Felix sees it', () => {
    const { labels, ...rest } = put(decodeWep({}), 'WorkloadEndpoint');
    assert.deepEqual(rest, {
      kind: 'WorkloadEndpoint',
      ...wepId,
      serviceAccount: 'web',
      interfaceName: 'cali123',
      ipNetworks: ['10.0.0.1/32', 'fd00::1/128'],
      profiles: ['kns.prod', 'ksa.prod.web'],
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, hostPort: 0, hostIP: '' },
        { name: 'icmp', protocol: '1', port: 0, hostPort: 0, hostIP: '' },
      ],
      uid: wep.metadata.uid,
      resourceVersion: '42',
      created: Date.parse('2026-08-22T10:00:00Z'),
    });
    assert.deepEqual(labels.toRecord(), {
      app: 'web',
      'projectcalico.org/namespace': 'prod',
      'projectcalico.org/orchestrator': 'k8s',
      'projectcalico.org/serviceaccount': 'web',
    });
  });

  it('takes identity and implicit labels from the key', () => {
    const labels = { 'projectcalico.org/namespace': 'kube-system', 'projectcalico.org/orchestrator': 'x' };
    const spec = { node: 'other', pod: 'other', orchestrator: 'other', endpoint: 'other' };
    const endpoint = put(decodeWep(spec, { labels }), 'WorkloadEndpoint');
    assert.equal(endpoint.node, 'node-1');
    assert.equal(endpoint.labels.get('projectcalico.org/namespace'), 'prod');
    assert.equal(endpoint.labels.get('projectcalico.org/orchestrator'), 'k8s');
  });

  it('without metadata or optional fields is fine', () => {
    const object = { spec: { ipNetworks: ['10.0.0.1'], interfaceName: 'tap1', ports: null, profiles: null } };
    const endpoint = put(decodeCalico('workloadendpoints', object, source(wepKey)), 'WorkloadEndpoint');
    assert.deepEqual([endpoint.uid, endpoint.created, endpoint.profiles], ['', 0, []]);
  });

  it('is left out where it is no endpoint', () => {
    const excluded = (spec: Record<string, unknown>): unknown => {
      const delta = decodeWep(spec);
      assert.ok(delta.op === 'exclude', JSON.stringify(delta));
      assert.deepEqual(delta.id, wepId);
      const { key, reason, node, addresses } = delta.exclusion;
      assert.deepEqual([key, node], [`prod/${wepKey.name}`, 'node-1']);
      return [reason, ...addresses];
    };
    assert.deepEqual(excluded({ ipNetworks: [] }), ['NoAddress']);
    assert.deepEqual(excluded({ ipNetworks: undefined, interfaceName: '' }), ['NoAddress']);
    assert.deepEqual(excluded({ interfaceName: '' }), ['NoInterfaceName', '10.0.0.1', 'fd00::1']);
    assert.deepEqual(excluded({ ipNetworks: ['127.0.0.1', '::1'] }), ['AddressRefused', '127.0.0.1', '::1']);
    const kept = put(decodeWep({ ipNetworks: ['10.0.0.1', 'fe80::1'] }), 'WorkloadEndpoint');
    assert.deepEqual(kept.ipNetworks, ['10.0.0.1/32']);
  });

  const bad: readonly (readonly [string, Delta, RegExp])[] = [
    ['name', decodeWep({}, { name: 'other' }), /^metadata\.name: "other" contradicts the key$/],
    ['namespace', decodeWep({}, { namespace: 'dev' }), /^metadata\.namespace: "dev" contradicts the key$/],
    ['labels', decodeWep({}, { labels: { a: 1 } }), /^metadata\.labels\["a"\]: must be a string$/],
    ['label list', decodeWep({}, { labels: ['a'] }), /^metadata\.labels: must be an object$/],
    ['NUL', decodeWep({}, { labels: { a: 'b\0c\0d' } }), /^metadata\.labels: holds a NUL character$/],
    [
      'time',
      decodeWep({}, { creationTimestamp: 'yesterday' }),
      /^metadata\.creationTimestamp: "yesterday" is not/,
    ],
    [
      'network',
      decodeWep({ ipNetworks: ['10.0.0.1', 'gumbo'] }),
      /^spec\.ipNetworks\[1\]: "gumbo" is not an IP/,
    ],
    ['network type', decodeWep({ ipNetworks: [7] }), /^spec\.ipNetworks\[0\]: must be a string$/],
    ['networks', decodeWep({ ipNetworks: '10.0.0.1' }), /^spec\.ipNetworks: must be a list$/],
    [
      'too many',
      decodeWep({ ipNetworks: Array(10_001).fill('10.0.0.1') }),
      /^spec\.ipNetworks: has more than 10000/,
    ],
    [
      'port',
      decodeWep({ ports: [{ protocol: 'TCP', port: 65_536 }] }),
      /^spec\.ports\[0\]\.port: must be a whole/,
    ],
    ['port list', decodeWep({ ports: [null] }), /^spec\.ports\[0\]: must be an object$/],
    ['protocol', decodeWep({ ports: [{ port: 1 }] }), /^spec\.ports\[0\]\.protocol: is missing$/],
    [
      'protocol type',
      decodeWep({ ports: [{ port: 1, protocol: true }] }),
      /protocol: must be a string or a whole/,
    ],
    ['account', decodeWep({ serviceAccountName: {} }), /^spec\.serviceAccountName: must be a string$/],
    ['spec', decodeCalico('workloadendpoints', { spec: 1 }, source(wepKey)), /^spec: must be an object$/],
  ];
  for (const [what, delta, reason] of bad) {
    it(`is skipped for a bad ${what}, known by its identity`, () => {
      assert.match(reasonOf(delta), reason);
      assert.ok(delta.op === 'skip');
      assert.deepEqual([delta.id, delta.where], [wepId, '/calico/x']);
    });
  }

  it('is skipped without identity where the name has not four parts', () => {
    for (const key of [
      { namespace: 'prod', name: 'web-1' },
      { namespace: 'a/b', name: wepKey.name },
      { namespace: 'prod', name: 'a-k8s-b\0c-d' },
      { namespace: '', name: wepKey.name },
    ]) {
      const delta = decodeCalico('workloadendpoints', { spec: wep.spec }, source(key));
      assert.match(reasonOf(delta), /^metadata\.name: does not split into node/);
      assert.ok(delta.op === 'skip' && delta.id === undefined);
      assert.equal(calicoDeleted('workloadendpoints', source(key)).op, 'skip');
    }
  });

  it('is deleted by its key alone', () => {
    assert.deepEqual(calicoDeleted('workloadendpoints', source(wepKey)), {
      op: 'delete',
      key: wepId,
      excluded: `prod/${wepKey.name}`,
    });
  });
});

const hepKey = { namespace: '', name: 'node-1-eth0' };

function decodeHep(
  spec: Record<string, unknown>,
  metadata?: unknown,
  form: CalicoSource['form'] = 'crd.v3',
): Delta {
  const object = { metadata: metadata ?? { name: hepKey.name }, spec: { node: 'node-1', ...spec } };
  return decodeCalico('hostendpoints', object, { form, key: hepKey, where: 'hostendpoints node-1-eth0' });
}

describe('a HostEndpoint', () => {
  it('keeps usable addresses, labels unfiltered', () => {
    const spec = {
      interfaceName: '*',
      expectedIPs: ['10.0.0.1', 'gumbo', '127.0.0.1', '10.0.0.0/24', 'FD00::A'],
      profiles: ['p'],
      ports: [{ name: 'ssh', protocol: 'tcp', port: 22 }],
    };
    const metadata = { name: hepKey.name, uid: 'U', resourceVersion: '9', labels: { 'pcns.a': 'b' } };
    const { labels, ...rest } = put(decodeHep(spec, metadata), 'HostEndpoint');
    assert.deepEqual(labels.toRecord(), { 'pcns.a': 'b' });
    assert.deepEqual(rest, {
      kind: 'HostEndpoint',
      namespace: '',
      name: 'node-1-eth0',
      uid: 'U',
      resourceVersion: '9',
      created: 0,
      node: 'node-1',
      interfaceName: '*',
      expectedIPs: ['10.0.0.1', 'fd00::a'],
      profiles: ['p'],
      ports: [{ name: 'ssh', protocol: 'TCP', port: 22, hostPort: 0, hostIP: '' }],
    });
  });

  it('without a node is skipped', () => {
    assert.equal(reasonOf(decodeHep({ node: '' })), 'spec.node: is missing');
  });
});

describe('metadata of crd.projectcalico.org/v1', () => {
  const own = {
    name: hepKey.name,
    uid: '30316465-6365-4463-ad63-3564622d3638',
    resourceVersion: '9',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { a: 'own', 'projectcalico.org/x': 'own' },
  };
  const withAnnotation = (annotation: unknown): Delta => {
    const text = typeof annotation === 'string' ? annotation : JSON.stringify(annotation);
    return decodeHep({}, { ...own, annotations: { 'projectcalico.org/metadata': text } }, 'crd.v1');
  };

  it('reverses the UID and reads plain objects as they are', () => {
    const endpoint = put(decodeHep({}, own, 'crd.v1'), 'HostEndpoint');
    assert.equal(endpoint.uid, '0c8c26a6-c6a6-44c6-adc6-ac2646b46c1c');
    assert.deepEqual(endpoint.labels.toRecord(), own.labels);
    assert.equal(put(decodeHep({}, own, 'crd.v3'), 'HostEndpoint').uid, own.uid);
  });

  it('overlays labels and time from the annotation', () => {
    const stored = {
      uid: 'ignored',
      name: 'ignored',
      creationTimestamp: '2020-01-01T00:00:00Z',
      labels: { a: 'stored', b: 'stored' },
    };
    const endpoint = put(withAnnotation(stored), 'HostEndpoint');
    assert.deepEqual(endpoint.labels.toRecord(), { a: 'stored', b: 'stored', 'projectcalico.org/x': 'own' });
    assert.equal(endpoint.created, Date.parse(stored.creationTimestamp));
    assert.deepEqual([endpoint.name, endpoint.resourceVersion], [hepKey.name, '9']);
    const zero = put(withAnnotation({ creationTimestamp: null }), 'HostEndpoint');
    assert.equal(zero.created, Date.parse(own.creationTimestamp));
  });

  it('does not read the annotation in v3', () => {
    const annotations = { 'projectcalico.org/metadata': '{"labels":{"a":"stored"}}' };
    const endpoint = put(decodeHep({}, { ...own, annotations }, 'crd.v3'), 'HostEndpoint');
    assert.equal(endpoint.labels.get('a'), 'own');
  });

  it('names a bad annotation or UID', () => {
    const place = 'metadata.annotations["projectcalico.org/metadata"]';
    assert.equal(reasonOf(withAnnotation('{')), `${place}: is not JSON`);
    assert.equal(reasonOf(withAnnotation([])), `${place}: must be an object`);
    assert.equal(reasonOf(withAnnotation({ labels: { a: 1 } })), `${place}.labels["a"]: must be a string`);
    assert.match(
      reasonOf(decodeHep({}, { ...own, uid: 'x' }, 'crd.v1')),
      /^metadata\.uid: "x" is not a UUID$/,
    );
    assert.equal(withAnnotation('['.repeat(200_000)).op, 'skip');
  });
});

describe('profiles, pools and the cluster', () => {
  const global = (resource: CalicoResource, name: string, spec: unknown): Delta =>
    decodeCalico(resource, { metadata: { name }, spec }, source({ namespace: '', name }));

  it('a profile keeps the labels it gives', () => {
    const spec = JSON.parse(
      '{"ingress":[{"action":"Allow"}],"labelsToApply":{"pcns.a":"b","__proto__":"x"}}',
    ) as unknown;
    const profile = put(global('profiles', 'kns.prod', spec), 'Profile');
    assert.deepEqual(
      [...profile.labelsToApply.entries()],
      [
        ['__proto__', 'x'],
        ['pcns.a', 'b'],
      ],
    );
    assert.equal(put(global('profiles', 'p', null), 'Profile').labelsToApply.size, 0);
  });

  it('the profile that clients make up is treated as absent', () => {
    const name = 'projectcalico-default-allow';
    assert.deepEqual(global('profiles', name, {}), { op: 'delete', key: { namespace: '', name } });
  });

  it('a pool is canonical', () => {
    const spec = { cidr: '10.0.0.9/8', natOutgoing: true, vxlanMode: 'Always' };
    const pool = put(global('ippools', 'pool', spec), 'IPPool');
    assert.deepEqual(
      [pool.cidr, pool.disabled, pool.natOutgoing, pool.vxlanMode, pool.ipipMode],
      ['10.0.0.0/8', false, true, 'Always', ''],
    );
    assert.match(reasonOf(global('ippools', 'pool', { cidr: 'x' })), /^spec\.cidr: "x" is not/);
    assert.equal(reasonOf(global('ippools', 'pool', {})), 'spec.cidr: is missing');
    assert.equal(
      reasonOf(global('ippools', 'pool', { cidr: '::/0', disabled: 'yes' })),
      'spec.disabled: must be true or false',
    );
  });

  it('ClusterInformation keeps "not initialised" apart from false', () => {
    const ready = (spec: unknown): unknown =>
      put(global('clusterinformations', 'default', spec), 'ClusterInformation').datastoreReady;
    assert.deepEqual(
      [ready({}), ready({ datastoreReady: false }), ready({ datastoreReady: true })],
      [undefined, false, true],
    );
    const full = { clusterGUID: 'abc', clusterType: 'k8s,kdd', calicoVersion: 'v3.32.0' };
    const info = put(global('clusterinformations', 'default', full), 'ClusterInformation');
    assert.deepEqual([info.clusterGUID, info.clusterType, info.calicoVersion], Object.values(full));
    assert.match(reasonOf(global('clusterinformations', 'other', {})), /always named "default"/);
  });

  it('a namespaced key is no key of theirs', () => {
    const delta = decodeCalico('profiles', {}, source({ namespace: 'a', name: 'b' }));
    assert.match(reasonOf(delta), /^metadata\.name: is not the name of a cluster-scoped object$/);
    assert.deepEqual(calicoDeleted('ippools', source({ namespace: '', name: 'p' })), {
      op: 'delete',
      key: { namespace: '', name: 'p' },
    });
  });
});

describe('hostile objects', () => {
  const resources: readonly CalicoResource[] = [
    'workloadendpoints',
    'hostendpoints',
    'profiles',
    'ippools',
    'clusterinformations',
  ];
  const keys = [
    'metadata',
    'spec',
    'labels',
    'annotations',
    'ipNetworks',
    'expectedIPs',
    'ports',
    'cidr',
    '__proto__',
    'constructor',
    'toString',
    'name',
    'projectcalico.org/metadata',
    'labelsToApply',
    'length',
  ];
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<unknown>(null, 0, -1, 1e300, '', '10.0.0.1', '{', '{"labels":[]}', true),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 5 }),
    ),
  }));
  const near = fc.record({ metadata: json, spec: json }, { requiredKeys: [] });
  const form = fc.constantFrom<CalicoSource['form']>('etcd', 'crd.v1', 'crd.v3');
  const key = fc.constantFrom(
    wepKey,
    hepKey,
    { namespace: '', name: 'default' },
    { namespace: '', name: '' },
  );

  it('never throw, always give a delta, and leave prototypes alone', () => {
    check(
      fc.property(fc.oneof(json, near), form, key, (object, asForm, at) => {
        // Through text, so that `__proto__` is the own property that JSON.parse makes of it.
        const parsed = JSON.parse(JSON.stringify(object)) as unknown;
        for (const resource of resources) {
          const delta = decodeCalico(resource, parsed, { form: asForm, key: at, where: 'x' });
          assert.ok(['put', 'exclude', 'skip', 'delete'].includes(delta.op));
          if (delta.op === 'skip') assert.match(delta.reason, /^.+: .+$/s);
        }
        assert.equal(Object.keys(Object.prototype).length, 0);
      }),
    );
  });

  it('do not lend fields from prototypes', () => {
    const spec = JSON.parse('{"__proto__":{"node":"n"}}') as unknown;
    assert.equal(reasonOf(decodeCalico('hostendpoints', { spec }, source(hepKey))), 'spec.node: is missing');
  });
});
