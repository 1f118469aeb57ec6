import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ownedSliceFromJson } from '../../../src/controller/owned/owned-slice-json.ts';
import { sliceToCreate, sliceToPatch } from '../../../src/controller/owned/slice-to-json.ts';
import { ConversionError } from '../../../src/model/conversion-error.ts';
import { clusterLabelValue, MANAGED_BY_LABEL, REMOTE_CLUSTER_LABEL } from '../../../src/model/federation.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { contentOf, longCluster, stored } from './fixtures.ts';

type Changes = Readonly<Record<string, unknown>>;

/** What the server holds after a create, with fields of metadata, an endpoint or the object changed. */
function changed(changes: { metadata?: Changes; endpoint?: Changes; object?: Changes }): JsonObject {
  const object = stored(contentOf());
  const [first, ...rest] = object['endpoints'] as JsonObject[];
  return {
    ...object,
    metadata: { ...(object['metadata'] as JsonObject), ...changes.metadata },
    endpoints: [{ ...first, ...changes.endpoint }, ...rest],
    ...changes.object,
  };
}

const labels = stored(contentOf())['metadata'] as {
  readonly labels: JsonObject;
  readonly ownerReferences: [JsonObject];
};
const [owner] = labels.ownerReferences;

describe('the JSON of our slices', () => {
  it('reads back what was written', () => {
    for (const cluster of [null, 'east', longCluster]) {
      const content = contentOf({ cluster });
      const slice = ownedSliceFromJson(stored(content));
      const { serviceUid, ...rest } = content;
      assert.deepEqual(slice, {
        ...rest,
        ownerUid: serviceUid,
        uid: 'uid of web-0',
        resourceVersion: '7',
        intact: true,
        deleting: false,
      });
    }
  });

  it('holds the whole name of a cluster in an annotation only where the label cannot', () => {
    const meta = (cluster: string | null) =>
      sliceToCreate(contentOf({ cluster }))['metadata'] as Record<string, Changes>;
    assert.deepEqual(meta(longCluster)['annotations'], { [REMOTE_CLUSTER_LABEL]: longCluster });
    assert.equal(meta(longCluster)['labels']?.[REMOTE_CLUSTER_LABEL], clusterLabelValue(longCluster));
    assert.equal(meta('east')['annotations'], undefined);
    assert.ok(!Object.hasOwn(meta(null)['labels'] ?? {}, REMOTE_CLUSTER_LABEL));
  });

  it('has an owner reference that controls and blocks nothing', () => {
    assert.deepEqual(owner, {
      apiVersion: 'v1',
      kind: 'Service',
      name: 'web',
      uid: 'uid-1',
      controller: true,
    });
  });

  it('a patch names what is ours and nothing else', () => {
    const of = ownedSliceFromJson(stored(contentOf()));
    const patch = sliceToPatch(contentOf({ cluster: null }), of);
    assert.deepEqual(Object.keys(patch).sort(), ['endpoints', 'metadata', 'ports']);
    const metadata = patch['metadata'] as Record<string, Changes>;
    assert.equal(metadata['resourceVersion'], '7');
    assert.equal(metadata['labels']?.[REMOTE_CLUSTER_LABEL], null);
    assert.equal(metadata['annotations']?.[REMOTE_CLUSTER_LABEL], null);
  });

  it('labels and annotations of others do not count', () => {
    const more = { labels: { ...labels.labels, team: 'a' }, annotations: { note: 'b' } };
    assert.ok(ownedSliceFromJson(changed({ metadata: more })).intact);
  });

  const foreign: Readonly<Record<string, JsonObject>> = {
    hints: changed({ endpoint: { hints: { forZones: [{ name: 'a' }] } } }),
    deprecatedTopology: changed({ endpoint: { deprecatedTopology: { rack: '1' } } }),
    'a fuller targetRef': changed({
      endpoint: { targetRef: { kind: 'Pod', name: 'p', resourceVersion: '1' } },
    }),
    'no owner': changed({ metadata: { ownerReferences: [] } }),
    'a second owner': changed({
      metadata: { ownerReferences: [owner, { ...owner, uid: 'u', controller: false }] },
    }),
    'an owner that does not control': changed({
      metadata: { ownerReferences: [{ ...owner, controller: false }] },
    }),
    'an owner that blocks': changed({
      metadata: { ownerReferences: [{ ...owner, blockOwnerDeletion: true }] },
    }),
    'an owner of another name': changed({ metadata: { ownerReferences: [{ ...owner, name: 'x' }] } }),
    'no service label': changed({
      metadata: { labels: { ...labels.labels, 'kubernetes.io/service-name': '' } },
    }),
    'no managed-by label': changed({ metadata: { labels: { ...labels.labels, [MANAGED_BY_LABEL]: 'x' } } }),
    'an annotation that lingers': changed({ metadata: { annotations: { [REMOTE_CLUSTER_LABEL]: 'east' } } }),
    'an empty cluster label': changed({
      metadata: { labels: { ...labels.labels, [REMOTE_CLUSTER_LABEL]: '' } },
    }),
  };
  for (const [what, object] of Object.entries(foreign)) {
    it(`is not intact with ${what}`, () => assert.equal(ownedSliceFromJson(object).intact, false));
  }

  it('keeps addresses that are refused elsewhere: they must be seen to be removed', () => {
    const slice = ownedSliceFromJson(changed({ endpoint: { addresses: ['127.0.0.1', '10.0.0.1'] } }));
    assert.deepEqual(slice.endpoints[0]?.addresses, ['127.0.0.1', '10.0.0.1']);
  });

  it('a slice that cannot be read is not intact and empty, and still known by name', () => {
    const broken = [{ endpoints: 'x' }, { endpoints: [{ addresses: [1] }] }, { ports: [{ port: 'x' }] }];
    for (const object of broken) {
      const slice = ownedSliceFromJson(changed({ object }));
      assert.deepEqual([slice.intact, slice.name, slice.cluster], [false, 'web-0', 'east']);
    }
    assert.equal(ownedSliceFromJson(changed({ metadata: { ownerReferences: 3 } })).ownerUid, '');
    assert.equal(ownedSliceFromJson(changed({ metadata: { labels: [] } })).service, '');
  });

  it('refuses what cannot be told apart', () => {
    const wrong = [
      ...['namespace', 'name', 'uid', 'resourceVersion'].map((key) => changed({ metadata: { [key]: '' } })),
      changed({ object: { addressType: 'IPv5' } }),
      { metadata: 3 },
    ];
    for (const object of wrong) assert.throws(() => ownedSliceFromJson(object), ConversionError);
  });

  it('of label and annotation believes the label, unless the annotation is what it is the digest of', () => {
    const read = (label: string | undefined, annotation: string) => {
      const own = { ...labels.labels, ...(label === undefined ? {} : { [REMOTE_CLUSTER_LABEL]: label }) };
      if (label === undefined) delete own[REMOTE_CLUSTER_LABEL];
      const metadata = { labels: own, annotations: { [REMOTE_CLUSTER_LABEL]: annotation } };
      const { cluster, intact } = ownedSliceFromJson(changed({ metadata }));
      return [cluster, intact];
    };
    assert.deepEqual(read(clusterLabelValue(longCluster), longCluster), [longCluster, true]);
    assert.deepEqual(read(undefined, longCluster), [longCluster, false]);
    assert.deepEqual(read('east', longCluster), ['east', false]);
    assert.deepEqual(read('east', 'west'), ['east', false]);
  });

  it('sees the deletion timestamp', () => {
    const slice = ownedSliceFromJson(changed({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }));
    assert.ok(slice.deleting);
  });
});
