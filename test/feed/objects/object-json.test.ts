import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MERGED } from '../../../src/feed/feed-object.ts';
import type { FeedObject, FeedView } from '../../../src/feed/feed-object.ts';
import { jsonText } from '../../../src/feed/objects/json-text.ts';
import { objectJson } from '../../../src/feed/objects/object-json.ts';
import { labelOf, labelsOf } from '../../../src/feed/objects/shown-labels.ts';
import { REMOTE_CLUSTER_LABEL } from '../../../src/model/federation.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { podInterfaceName } from '../../../src/model/interface-name.ts';
import { check } from '../../model/property.ts';
import {
  anyEntry,
  anyObject,
  anyText,
  clusterStatus,
  EAST,
  feedObject,
  hostEndpoint,
  labels,
  namespaceObject,
  pool,
  profile,
  remoteCluster,
  service,
  slice,
  UID,
  viewsOf,
  workload,
} from './fixtures.ts';

interface Shown {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly creationTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

/** As a client reads it. */
function shown(object: FeedObject, view: FeedView = MERGED): Shown {
  return JSON.parse(JSON.stringify(objectJson(object, view, '5001'))) as Shown;
}

const LONG = 'c'.repeat(70);

describe('objectJson of a WorkloadEndpoint', () => {
  it('is what Calico shows in the view of its cluster', () => {
    assert.deepEqual(shown(feedObject(workload()), EAST), {
      apiVersion: 'projectcalico.org/v3',
      kind: 'WorkloadEndpoint',
      metadata: {
        name: 'node-1-k8s-web-1-eth0',
        namespace: 'shop',
        uid: UID,
        resourceVersion: '5001',
        creationTimestamp: '2026-01-02T03:04:05Z',
        labels: { app: 'web' },
      },
      spec: {
        orchestrator: 'k8s',
        node: 'node-1',
        pod: 'web-1',
        endpoint: 'eth0',
        serviceAccountName: 'web',
        ipNetworks: ['10.0.0.1/32'],
        profiles: ['kns.shop', 'ksa.shop.web'],
        interfaceName: 'cali0123456789a',
        ports: [{ name: 'http', protocol: 'TCP', port: 8080, hostPort: 0, hostIP: '' }],
      },
    });
  });

  it('carries its cluster everywhere in the merged view', () => {
    const { metadata, spec } = shown(feedObject(workload()));
    assert.equal(metadata.name, 'east.node-1-k8s-web-1-eth0');
    assert.deepEqual(metadata.labels, { app: 'web', [REMOTE_CLUSTER_LABEL]: 'east' });
    assert.deepEqual(metadata.annotations, { 'fedsyncd.io/name': 'node-1-k8s-web-1-eth0' });
    assert.equal(spec['node'], 'east/node-1');
    assert.deepEqual(spec['profiles'], ['east.kns.shop', 'east.ksa.shop.web']);
  });

  it('names the third part of its name by its orchestrator', () => {
    const spec = (orchestrator: string): JsonObject =>
      shown(feedObject(workload({ orchestrator, workload: 'w' }))).spec;
    assert.equal(spec('cni')['containerID'], 'w');
    assert.equal(spec('openstack')['workload'], 'w');
    for (const key of ['pod', 'containerID', 'workload']) assert.ok(!(key in spec('libnetwork')));
  });

  it('derives the interface of a pod where the datastore does not say it', () => {
    const { spec } = shown(feedObject(workload({ interfaceName: '' })));
    assert.equal(spec['interfaceName'], podInterfaceName('cali', 'shop', 'web-1'));
  });
});

describe('objectJson of the other kinds', () => {
  it('joins a slice with its service by merged names', () => {
    const { metadata } = shown(feedObject(slice()));
    assert.equal(metadata.labels?.['kubernetes.io/service-name'], shown(feedObject(service())).metadata.name);
    const own = shown(feedObject(slice()), EAST).metadata.labels;
    assert.equal(own?.['kubernetes.io/service-name'], 'web');
  });

  it('never lets an endpoint of a merged slice pass for one of a local node or pod', () => {
    const [endpoint] = (shown(feedObject(slice())) as unknown as { endpoints: JsonObject[] }).endpoints;
    assert.deepEqual(endpoint, {
      addresses: ['10.0.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'east/web-1', uid: UID },
      nodeName: 'east/node-1',
      zone: 'a',
    });
  });

  it('keeps unset conditions apart from false ones', () => {
    const [first] = slice().endpoints;
    assert.ok(first);
    const endpoints = [{ ...first, ready: undefined, serving: false, terminating: undefined }];
    const json = shown(feedObject(slice({ endpoints }))) as unknown as { endpoints: JsonObject[] };
    assert.deepEqual(json.endpoints[0]?.['conditions'], { serving: false });
  });

  it('shows a service as Kubernetes does', () => {
    assert.deepEqual(shown(feedObject(service()), EAST).spec, {
      ports: [
        { name: 'http', protocol: 'TCP', appProtocol: 'http', port: 80, targetPort: 8080 },
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 'dns' },
      ],
      selector: { app: 'web' },
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7', 'fd00::7'],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilies: ['IPv4', 'IPv6'],
    });
  });

  it("narrows the selector of a merged service to its own cluster's pods", () => {
    const selector = labels({ app: 'web', [REMOTE_CLUSTER_LABEL]: 'west' });
    assert.deepEqual(shown(feedObject(service({ selector }))).spec['selector'], {
      app: 'web',
      [REMOTE_CLUSTER_LABEL]: 'east',
    });
    const none = shown(feedObject(service({ selector: labels() })));
    assert.ok(!('selector' in none.spec), 'a service without selector gets none');
  });

  it('shows a headless service', () => {
    const { spec } = shown(feedObject(service({ clusterIPs: ['None'], ports: [] })));
    assert.deepEqual(
      [spec['clusterIP'], spec['clusterIPs'], spec['ipFamilies'], spec['ports']],
      ['None', ['None'], undefined, undefined],
    );
  });

  it('shows HostEndpoints, profiles and pools', () => {
    assert.deepEqual(shown(feedObject(hostEndpoint())).spec, {
      node: 'east/node-1',
      interfaceName: 'eth0',
      expectedIPs: ['192.0.2.1'],
      profiles: ['east.hosts'],
      ports: [{ name: 'ssh', protocol: 6, port: 22 }],
    });
    assert.deepEqual(shown(feedObject(profile())).spec, { labelsToApply: { 'pcns.team': 'shop' } });
    assert.deepEqual(shown(feedObject(pool())).spec, {
      cidr: '10.0.0.0/16',
      vxlanMode: 'Never',
      natOutgoing: true,
      disabled: false,
    });
  });

  it('shows a namespace by its name alone', () => {
    for (const [object, view] of [
      [namespaceObject(), MERGED],
      [namespaceObject('shop', 'east'), EAST],
    ] as const) {
      const { metadata, status } = shown(object, view);
      assert.equal(metadata.name, 'shop');
      assert.deepEqual(metadata.labels, { 'kubernetes.io/metadata.name': 'shop' });
      assert.deepEqual(status, { phase: 'Active' });
    }
  });

  it('shows a remote cluster without anything that leads to it', () => {
    const object = remoteCluster();
    const json = shown(object);
    assert.equal(json.metadata.name, 'east');
    assert.deepEqual(json, shown(object, EAST));
    assert.ok(!JSON.stringify(json).includes('/etc/rcc'));
    assert.deepEqual(Object.keys(json.status), [
      'state',
      'reason',
      'message',
      'since',
      'lastContact',
      'stale',
      'counts',
      'datastores',
      'conditions',
    ]);
  });

  it('says null for what a remote cluster does not provide, and False while it is not in sync', () => {
    const counts = { ...clusterStatus().counts, services: null, endpointSlices: null };
    const { status } = shown(
      remoteCluster(
        clusterStatus({ counts, lastContact: null, status: 'Connecting', message: 'x'.repeat(5000) }),
      ),
    );
    assert.equal((status['counts'] as JsonObject)['services'], null);
    assert.equal(status['lastContact'], null);
    assert.equal(String(status['message']).length, 1024);
    assert.equal((status['conditions'] as JsonObject[])[0]?.['status'], 'False');
  });
});

describe('metadata', () => {
  it('is never what a remote cluster says of clusters', () => {
    const claims = labels({ [REMOTE_CLUSTER_LABEL]: 'west', app: 'web' });
    const annotations = labels({ [REMOTE_CLUSTER_LABEL]: 'west', 'fedsyncd.io/name': 'other' });
    const objects = [
      feedObject(workload({ labels: claims })),
      feedObject(hostEndpoint({ labels: claims })),
      feedObject(service({ labels: claims, annotations })),
      feedObject(slice({ labels: claims })),
      feedObject(profile({ labelsToApply: claims })),
    ];
    for (const object of objects) {
      const text = (view: FeedView): string => JSON.stringify(objectJson(object, view, '1'));
      assert.ok(!text(EAST).includes('west') && !text(EAST).includes('other'), object.resource);
      assert.ok(!text(EAST).includes(REMOTE_CLUSTER_LABEL), object.resource);
      assert.ok(!text(MERGED).includes('west') && !text(MERGED).includes('other'), object.resource);
      assert.equal(shown(object).metadata.labels?.[REMOTE_CLUSTER_LABEL], 'east');
    }
  });

  it('holds a cluster name that is too long for a label in an annotation', () => {
    const { metadata } = shown(feedObject(workload(), { cluster: LONG }));
    assert.equal(metadata.labels?.[REMOTE_CLUSTER_LABEL]?.length, 63);
    assert.equal(metadata.annotations?.[REMOTE_CLUSTER_LABEL], LONG);
  });

  it('leaves out times that nobody knows or Kubernetes cannot read', () => {
    for (const created of [
      0,
      Date.parse('0000-01-01T00:00:00Z'),
      Date.parse('9999-12-31T23:59:59Z') + 1000,
    ]) {
      assert.ok(!('creationTimestamp' in shown(feedObject(workload({ created }))).metadata));
    }
    const { metadata } = shown(feedObject(workload({ created: Date.parse('1969-12-31T23:59:58.400Z') })));
    assert.equal(metadata.creationTimestamp, '1969-12-31T23:59:58Z');
  });

  it('has the UID of its cluster there, and one of its own in the merged view', () => {
    const uid = (object: FeedObject, view: FeedView): string => shown(object, view).metadata.uid;
    const east = feedObject(workload());
    const west = feedObject(workload(), { cluster: 'west' });
    assert.equal(uid(east, EAST), UID);
    const merged = [
      uid(east, MERGED),
      uid(west, MERGED),
      uid(feedObject(slice()), MERGED),
      uid(feedObject(service()), MERGED),
    ];
    assert.equal(new Set(merged).size, 4);
    assert.ok(!merged.includes(UID));
    assert.equal(
      uid(feedObject(workload({ labels: labels({ a: 'b' }) })), MERGED),
      merged[0],
      'content does not matter',
    );
    const again = feedObject(workload({ uid: UID.replace('5', '6') }));
    assert.notEqual(uid(again, MERGED), merged[0], 'an object that was created again is another one');
    const lawless = feedObject(workload({ uid: 'x'.repeat(100_000) }));
    for (const view of [EAST, MERGED])
      assert.match(
        uid(lawless, view),
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
  });

  it('has no two objects with one UID in a view', () => {
    check(
      fc.property(anyEntry, anyEntry, (one, other) => {
        const key = ({ cluster, resource, namespace, name }: FeedObject): string =>
          [cluster, resource, namespace, name].join('\0');
        if (key(one) !== key(other)) {
          assert.notEqual(shown(one).metadata.uid, shown(other).metadata.uid);
        }
      }),
    );
  });
});

describe('labelsOf', () => {
  it('is the labels that are shown, one by one too', () => {
    check(
      fc.property(anyObject, anyText, (object, key) => {
        for (const view of viewsOf(object)) {
          const expected = new Map(Object.entries(shown(object, view).metadata.labels ?? {}));
          const all = labelsOf(object, view);
          assert.deepEqual(new Map(all.entries()), expected);
          for (const one of [...all.keys, key, REMOTE_CLUSTER_LABEL]) {
            assert.equal(labelOf(object, view, one), expected.get(one), one);
          }
        }
      }),
    );
  });
});

describe('jsonText', () => {
  it('is JSON.stringify of objectJson, whatever remote clusters send', () => {
    check(
      fc.property(anyObject, (object) => {
        for (const view of viewsOf(object)) {
          const text = jsonText(object, view, '5001');
          assert.equal(text, JSON.stringify(objectJson(object, view, '5001')));
          // The label text is remembered from the first time.
          assert.equal(jsonText(object, view, '5001'), text);
          assert.ok(text.isWellFormed());
        }
      }),
    );
  });

  it('shares label texts between clusters and views without mixing them up', () => {
    const shared = workload();
    for (const cluster of ['east', 'west', LONG]) {
      for (const view of [MERGED, { view: 'cluster', cluster }] as const) {
        const object = feedObject(shared, { cluster });
        assert.equal(jsonText(object, view, '1'), JSON.stringify(objectJson(object, view, '1')));
      }
    }
  });
});
