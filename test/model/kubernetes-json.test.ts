import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ConversionError } from '../../src/model/conversion-error.ts';
import { endpointSliceFromJson } from '../../src/model/endpoint-slice-json.ts';
import { endpointsSliceNames, endpointsToSlices } from '../../src/model/endpoints-json.ts';
import { podFactsFromJson } from '../../src/model/pod-json.ts';
import { namespaceFromJson, serviceAccountFromJson } from '../../src/model/profile-source-json.ts';
import { parseAnyTime, parseTime } from '../../src/model/rfc3339.ts';
import { serviceFromJson } from '../../src/model/service-json.ts';
import { check } from './property.ts';

const metadata = {
  namespace: 'prod',
  name: 'web',
  uid: 'U',
  resourceVersion: '5',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { app: 'web' },
};
const meta = {
  namespace: 'prod',
  name: 'web',
  uid: 'U',
  resourceVersion: '5',
  created: Date.parse('2026-01-01T00:00:00Z'),
};

describe('parseTime', () => {
  it('reads RFC 3339', () => {
    assert.equal(parseTime('1970-01-01T00:00:01Z'), 1000);
    assert.equal(parseTime('1970-01-01T01:00:00.123456789+01:00'), 123);
    assert.equal(parseTime(''), 0);
  });

  it('reads whole seconds as Date.parse does, and every text that is nearly one', () => {
    const part = (digits: number): fc.Arbitrary<string> =>
      fc.nat(10 ** digits - 1).map((number) => String(number).padStart(digits, '0'));
    const near = fc
      .tuple(part(4), part(2), part(2), part(2), part(2), part(2))
      .map(
        ([year, month, day, hour, minute, second]) => `${year}-${month}-${day}T${hour}:${minute}:${second}Z`,
      );
    const real = fc
      .date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59Z'),
        noInvalidDate: true,
      })
      .map((date) => date.toISOString().replace(/\.\d+/, ''));
    const edited = fc
      .tuple(real, fc.nat(19), fc.constantFrom('0', '9', '3', ':', 'Z', ' ', 'é'))
      .map(([text, at, by]) => text.slice(0, at) + by + text.slice(at + 1));
    const outcome = (read: () => number): number | string => {
      try {
        return read();
      } catch (error) {
        return String(error);
      }
    };
    check(
      fc.property(fc.oneof(real, near, edited), (text) => {
        assert.equal(
          outcome(() => parseTime(text, 'x')),
          outcome(() => parseAnyTime(text, 'x')),
        );
      }),
    );
  });

  it('refuses the rest', () => {
    for (const text of [
      '2026',
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-13-01T00:00:00Z',
      '1 Jan 2026',
      '+002026-01-01T00:00:00Z',
    ]) {
      assert.throws(
        () => parseTime(text, 'metadata.x'),
        /^ConversionError: metadata\.x: .* is not an RFC 3339 time$/,
      );
    }
  });
});

describe('podFactsFromJson', () => {
  it('reads what decides the endpoint', () => {
    const { labels, ...facts } = podFactsFromJson({
      metadata: {
        ...metadata,
        deletionTimestamp: '2026-01-02T00:00:00Z',
        annotations: {
          'cni.projectcalico.org/podIP': '',
          'vpc.amazonaws.com/pod-ips': '10.0.0.3',
          other: 'x',
        },
      },
      spec: {
        nodeName: 'n',
        serviceAccountName: 'sa',
        hostNetwork: true,
        initContainers: [{ ports: [{ containerPort: 3 }] }],
        containers: [
          {},
          { ports: [{ name: 'a', protocol: 'UDP', containerPort: 1, hostPort: 2, hostIP: '1.2.3.4' }] },
        ],
      },
      status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, {}] },
    });
    assert.deepEqual(labels.toRecord(), { app: 'web' });
    assert.deepEqual(facts, {
      ...meta,
      deleting: true,
      podIPAnnotation: '',
      podIPsAnnotation: undefined,
      awsPodIPsAnnotation: '10.0.0.3',
      nodeName: 'n',
      serviceAccountName: 'sa',
      hostNetwork: true,
      phase: 'Running',
      statusPodIP: '10.0.0.1',
      statusPodIPs: ['10.0.0.1', ''],
      ports: [
        { name: 'a', protocol: 'UDP', containerPort: 1, hostPort: 2, hostIP: '1.2.3.4' },
        { name: '', protocol: '', containerPort: 3, hostPort: 0, hostIP: '' },
      ],
    });
  });

  it('names the field that is wrong', () => {
    assert.throws(
      () => podFactsFromJson({ metadata: { ...metadata, name: 'a\0b' } }),
      /: metadata\.name: "a.*b" is not a valid name/,
    );
    assert.throws(
      () => podFactsFromJson({ metadata: { name: 'a' } }),
      /^ConversionError: metadata\.namespace: is missing$/,
    );
    assert.throws(() => podFactsFromJson(null), /^ConversionError: the object: must be an object$/);
    const spec = { containers: [{ ports: [{ containerPort: '80' }] }] };
    assert.throws(
      () => podFactsFromJson({ metadata, spec }),
      /: spec\.containers\[0\]\.ports\[0\]\.containerPort: must be/,
    );
    assert.throws(
      () => podFactsFromJson({ metadata, status: { podIPs: ['10.0.0.1'] } }),
      /: status\.podIPs\[0\]: must be an object/,
    );
  });
});

describe('namespaceFromJson, serviceAccountFromJson', () => {
  it('read the facts of a profile', () => {
    const { labels, ...namespace } = namespaceFromJson({ metadata: { ...metadata, namespace: undefined } });
    assert.deepEqual(namespace, { name: 'web', uid: 'U', resourceVersion: '5', created: meta.created });
    assert.deepEqual(labels.toRecord(), { app: 'web' });
    assert.equal(serviceAccountFromJson({ metadata }).namespace, 'prod');
  });
});

describe('serviceFromJson', () => {
  it('reads a service', () => {
    const { labels, annotations, selector, ...service } = serviceFromJson({
      metadata: {
        ...metadata,
        annotations: {
          'federation.tigera.io/serviceSelector': 'has(a)',
          'fedsyncd.io/x': 'y',
          'kubectl.kubernetes.io/z': '1',
        },
      },
      spec: {
        clusterIPs: ['10.96.0.1', 'FD00::1'],
        clusterIP: '10.96.0.1',
        selector: { app: 'web' },
        publishNotReadyAddresses: true,
        sessionAffinity: 'ClientIP',
        ports: [
          { name: 'http', port: 80, targetPort: 'web', appProtocol: 'h2c' },
          { port: 53, protocol: 'UDP', targetPort: 5353 },
        ],
      },
    });
    assert.deepEqual([labels.toRecord(), selector.toRecord()], [{ app: 'web' }, { app: 'web' }]);
    assert.deepEqual(annotations.toRecord(), {
      'federation.tigera.io/serviceSelector': 'has(a)',
      'fedsyncd.io/x': 'y',
    });
    assert.deepEqual(service, {
      kind: 'Service',
      ...meta,
      type: 'ClusterIP',
      clusterIPs: ['10.96.0.1', 'fd00::1'],
      externalName: '',
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web', appProtocol: 'h2c' },
        { name: '', protocol: 'UDP', port: 53, targetPort: '5353', appProtocol: '' },
      ],
      publishNotReadyAddresses: true,
      sessionAffinity: 'ClientIP',
    });
  });

  it('knows headless services and those of old servers', () => {
    assert.deepEqual(serviceFromJson({ metadata, spec: { clusterIPs: ['None'] } }).clusterIPs, ['None']);
    assert.deepEqual(serviceFromJson({ metadata, spec: { clusterIP: 'None' } }).clusterIPs, ['None']);
    assert.deepEqual(serviceFromJson({ metadata, spec: { clusterIP: '10.96.0.1' } }).clusterIPs, [
      '10.96.0.1',
    ]);
    const external = serviceFromJson({
      metadata,
      spec: { type: 'ExternalName', externalName: 'a.example', clusterIP: '' },
    });
    assert.deepEqual(
      [external.type, external.clusterIPs, external.externalName],
      ['ExternalName', [], 'a.example'],
    );
  });

  it('names the field that is wrong', () => {
    const fails = (spec: unknown, says: RegExp): void =>
      assert.throws(() => serviceFromJson({ metadata, spec }), says);
    fails({ clusterIPs: ['10.96.0.1', 'x'] }, /: spec\.clusterIPs\[1\]: "x" is not an IP address/);
    fails({ ports: [{ port: 80, targetPort: 1.5 }] }, /: spec\.ports\[0\]\.targetPort: must be a string or/);
    fails({ ports: {} }, /: spec\.ports: must be a list/);
  });
});

describe('endpointSliceFromJson', () => {
  const slice = {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'svc' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: 'h2c' }, { port: null }],
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'h',
        nodeName: 'n',
        zone: 'z',
        targetRef: { kind: 'Pod', namespace: 'prod', name: 'web-1', uid: 'P' },
      },
      { addresses: ['10.0.0.2'], conditions: { ready: null } },
    ],
  };

  it('reads a slice, unset conditions apart from false', () => {
    const { labels, ...read } = endpointSliceFromJson(slice);
    assert.deepEqual(labels.toRecord(), { 'kubernetes.io/service-name': 'svc' });
    const empty = {
      serving: undefined,
      terminating: undefined,
      hostname: '',
      nodeName: '',
      zone: '',
      targetRef: undefined,
    };
    assert.deepEqual(read, {
      kind: 'EndpointSlice',
      ...meta,
      service: 'svc',
      addressType: 'IPv4',
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, appProtocol: 'h2c' },
        { name: '', protocol: 'TCP', port: undefined, appProtocol: '' },
      ],
      endpoints: [
        {
          addresses: ['10.0.0.1'],
          ready: true,
          serving: true,
          terminating: false,
          hostname: 'h',
          nodeName: 'n',
          zone: 'z',
          targetRef: { kind: 'Pod', namespace: 'prod', name: 'web-1', uid: 'P' },
        },
        { ...empty, addresses: ['10.0.0.2'], ready: undefined },
      ],
    });
  });

  it('leaves out addresses that are refused, foreign or unreadable, and endpoints without any', () => {
    const addresses = (type: string, list: readonly string[]): unknown =>
      endpointSliceFromJson({ ...slice, addressType: type, endpoints: [{ addresses: list }] }).endpoints.map(
        (endpoint) => endpoint.addresses,
      );
    assert.deepEqual(addresses('IPv4', ['127.0.0.1', '10.0.0.1', 'fd00::1', 'x', '10.0.0.010']), [
      ['10.0.0.1'],
    ]);
    assert.deepEqual(addresses('IPv6', ['FD00::1', '::1', '10.0.0.1']), [['fd00::1']]);
    assert.deepEqual(addresses('IPv6', ['fe80::1']), []);
    assert.deepEqual(addresses('FQDN', ['a.example']), [['a.example']]);
  });

  it('names the field that is wrong', () => {
    const fails = (change: object, says: RegExp): void =>
      assert.throws(() => endpointSliceFromJson({ ...slice, ...change }), says);
    fails({ addressType: 'IP' }, /: addressType: "IP" is none of/);
    fails(
      { endpoints: [{ conditions: { ready: 'yes' } }] },
      /: endpoints\[0\]\.conditions\.ready: must be true or false/,
    );
    fails(
      { endpoints: Array.from({ length: 10_001 }, () => ({})) },
      /: endpoints: has more than 10000 items/,
    );
    fails({ ports: [{ port: -1 }] }, /: ports\[0\]\.port: must be a whole number/);
  });
});

describe('endpointsToSlices', () => {
  const object = {
    metadata,
    subsets: [
      {
        addresses: [
          { ip: '10.0.0.1', nodeName: 'n', targetRef: { kind: 'Pod', name: 'web-1' } },
          { ip: 'FD00::1', hostname: 'h' },
        ],
        notReadyAddresses: [{ ip: '10.0.0.2' }],
        ports: [{ name: 'http', port: 80 }],
      },
      { notReadyAddresses: [{ ip: 'fd00::2' }, { ip: '169.254.0.1' }] },
    ],
  };

  it('makes one slice per subset and family', () => {
    const slices = endpointsToSlices(object);
    assert.deepEqual(
      slices.map(({ name, addressType, endpoints }) => [
        name,
        addressType,
        ...endpoints.map(({ addresses, ready }) => [...addresses, ready]),
      ]),
      [
        ['web-0', 'IPv4', ['10.0.0.1', true], ['10.0.0.2', false]],
        ['web-0-ipv6', 'IPv6', ['fd00::1', true]],
        ['web-1-ipv6', 'IPv6', ['fd00::2', false]],
      ],
    );
    const [first, second] = slices;
    assert.equal(first?.service, 'web');
    assert.deepEqual(first.labels.toRecord(), { app: 'web', 'kubernetes.io/service-name': 'web' });
    assert.deepEqual(first.ports, [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: '' }]);
    assert.deepEqual(first.endpoints[0]?.targetRef, { kind: 'Pod', namespace: '', name: 'web-1', uid: '' });
    assert.deepEqual([first.uid, first.resourceVersion, second?.endpoints[0]?.hostname], ['U', '5', 'h']);
  });

  it('gives only names that it announces', () => {
    const names = endpointsSliceNames('web');
    for (const slice of endpointsToSlices(object)) assert.ok(names.includes(slice.name));
    assert.equal(
      new Set([...names, ...endpointsSliceNames('web-0'), ...endpointsSliceNames('web-0-ipv6')]).size,
      names.length * 3,
    );
  });

  it('is empty without subsets, and refuses a flood of them', () => {
    assert.deepEqual(endpointsToSlices({ metadata }), []);
    assert.throws(
      () => endpointsToSlices({ metadata, subsets: Array.from({ length: 33 }, () => ({})) }),
      /: subsets: are more than 32/,
    );
  });
});

describe('hostile Kubernetes objects', () => {
  const keys = [
    'metadata',
    'spec',
    'status',
    'name',
    'namespace',
    'labels',
    'annotations',
    'subsets',
    'endpoints',
    'ports',
    'addresses',
    '__proto__',
    'addressType',
  ];
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<unknown>(null, 0, 1e300, '', 'IPv4', '10.0.0.1', false),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('json'), { maxKeys: 5 }),
    ),
  }));

  it('give a value or a ConversionError', () => {
    const readers = [
      podFactsFromJson,
      serviceFromJson,
      endpointSliceFromJson,
      endpointsToSlices,
      namespaceFromJson,
      serviceAccountFromJson,
    ];
    check(
      fc.property(
        fc.oneof(
          json,
          fc.record({ metadata: fc.constant(metadata), spec: json, subsets: json, endpoints: json }),
        ),
        (object) => {
          const parsed = JSON.parse(JSON.stringify(object)) as unknown;
          for (const read of readers) {
            try {
              read(parsed);
            } catch (error) {
              assert.ok(error instanceof ConversionError, String(error));
            }
          }
        },
      ),
    );
  });
});
