import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MERGED } from '../../../src/feed/feed-object.ts';
import { FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import {
  demandedValue,
  matchesFields,
  parseFieldSelector,
} from '../../../src/feed/objects/field-selector.ts';
import { isSelected, parseObjectSelector } from '../../../src/feed/objects/object-selector.ts';
import { check } from '../../model/property.ts';
import {
  clusterStatus,
  EAST,
  feedObject,
  hostEndpoint,
  namespaceObject,
  pool,
  remoteCluster,
  service,
  workload,
} from './fixtures.ts';
import type { FeedObject, FeedView } from '../../../src/feed/feed-object.ts';

const pods = FEED_RESOURCES.workloadendpoints;

function selects(object: FeedObject, view: FeedView, fields: string): boolean {
  return isSelected(object, view, parseObjectSelector('', fields, FEED_RESOURCES[object.resource]));
}

describe('parseFieldSelector', () => {
  const errors: readonly (readonly [string, string])[] = [
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['metadata.name=a=b', 'invalid field selector: unescaped character in value: 61'],
    ['metadata.name=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
    ['metadata.name=a\\', 'invalid field selector: invalid escape sequence: \\'],
    ['spec.node=a,b', "invalid selector: 'spec.node=a,b'; can't understand 'b'"],
    ['spec.nodeName=a', 'field label not supported: spec.nodeName'],
    ['=a', 'field label not supported: '],
  ];
  for (const [selector, message] of errors) {
    it(`refuses ${selector} with the words of the API server`, () => {
      assert.throws(() => parseFieldSelector(selector, pods), { name: 'SelectorError', message });
    });
  }

  it('says for EndpointSlices which two fields there are, as the API server does', () => {
    assert.throws(() => parseFieldSelector('addressType=IPv4', FEED_RESOURCES.endpointslices), {
      message: '"addressType" is not a known field selector: only "metadata.name", "metadata.namespace"',
    });
  });

  it('knows no namespace of what has none', () => {
    assert.throws(() => parseFieldSelector('metadata.namespace=a', FEED_RESOURCES.hostendpoints), {
      message: 'field label not supported: metadata.namespace',
    });
  });

  it('leaves out empty terms and unescapes values', () => {
    assert.deepEqual(parseFieldSelector(',metadata.name=a\\,b\\=c\\\\,,spec.node!=x,spec.pod==y', pods), [
      { field: 'metadata.name', operator: '=', value: 'a,b=c\\' },
      { field: 'spec.node', operator: '!=', value: 'x' },
      { field: 'spec.pod', operator: '=', value: 'y' },
    ]);
  });

  it('reads back every value that was escaped', () => {
    check(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (value, isEqual) => {
        const escaped = value.replaceAll(/[\\,=]/g, String.raw`\$&`);
        const selector = parseFieldSelector(`spec.pod${isEqual ? '=' : '!='}${escaped}`, pods);
        assert.deepEqual(selector, [{ field: 'spec.pod', operator: isEqual ? '=' : '!=', value }]);
        assert.equal(
          matchesFields(selector, () => [value]),
          isEqual,
        );
        assert.equal(demandedValue(selector, 'spec.pod'), isEqual ? value : undefined);
      }),
    );
  });
});

describe('isSelected by fields', () => {
  it('compares names, namespaces and nodes as the view shows them', () => {
    const object = feedObject(workload());
    assert.ok(selects(object, MERGED, 'spec.node=east/node-1,metadata.namespace=shop'));
    assert.ok(!selects(object, MERGED, 'spec.node=node-1'));
    assert.ok(selects(object, EAST, 'spec.node=node-1'));
    assert.ok(selects(object, EAST, `metadata.name=${object.name}`));
    assert.ok(selects(object, MERGED, `metadata.name=east.${object.name}`));
  });

  it('finds an address in a list, with and without its prefix length', () => {
    const object = feedObject(workload({ ipNetworks: ['10.0.0.1/32', 'fd00::1/128', '10.9.0.0/24'] }));
    for (const network of ['10.0.0.1/32', '10.0.0.1', 'fd00::1', 'fd00::1/128', '10.9.0.0/24']) {
      assert.ok(selects(object, MERGED, `spec.ipNetworks=${network}`), network);
      assert.ok(!selects(object, MERGED, `spec.ipNetworks!=${network}`), network);
    }
    assert.ok(!selects(object, MERGED, 'spec.ipNetworks=10.9.0.0'));
    assert.ok(selects(object, MERGED, 'spec.ipNetworks!=10.9.0.0'));
  });

  it('gives every selectable field of every kind', () => {
    const bare = workload({ orchestrator: 'cni', workload: 'c1', interfaceName: 'eth7' });
    const cases: readonly (readonly [FeedObject, string])[] = [
      [feedObject(service()), 'spec.clusterIP=10.96.0.7,spec.type=ClusterIP'],
      [feedObject(workload()), 'spec.pod=web-1,spec.orchestrator=k8s,spec.endpoint=eth0,spec.workload='],
      [feedObject(workload()), 'spec.serviceAccountName=web,spec.profiles=east.kns.shop,spec.containerID='],
      [feedObject(bare), 'spec.containerID=c1,spec.pod=,spec.interfaceName=eth7'],
      [feedObject(workload({ orchestrator: 'openstack', workload: 'vm' })), 'spec.workload=vm'],
      [feedObject(hostEndpoint()), 'spec.node=east/node-1,spec.interfaceName=eth0'],
      [feedObject(hostEndpoint()), 'spec.expectedIPs=192.0.2.1,spec.profiles=east.hosts'],
      [feedObject(pool()), 'spec.cidr=10.0.0.0/16,spec.disabled=false,spec.natOutgoing=true'],
      [remoteCluster(), 'status.state=InSync,status.reason=Synced,status.stale=false'],
      [remoteCluster(), 'spec.datastoreType=kubernetes,spec.overlayRoutingMode=Disabled,metadata.name=east'],
      [remoteCluster(clusterStatus({ datastoreType: null })), 'spec.datastoreType='],
      [namespaceObject(), 'status.phase=Active,metadata.name=shop'],
    ];
    const asked = new Set(
      cases.flatMap(([{ resource }, fields]) =>
        fields.split(',').map((term) => `${resource} ${term.split('=')[0]}`),
      ),
    );
    for (const [object, fields] of cases) assert.ok(selects(object, MERGED, fields), fields);
    for (const { plural, fields } of Object.values(FEED_RESOURCES)) {
      for (const field of fields) {
        if (field !== 'spec.ipNetworks' && !(plural === 'workloadendpoints' && field === 'spec.node')) {
          assert.ok(asked.has(`${plural} ${field}`), `${plural} ${field} is not tested`);
        }
      }
    }
  });
});
