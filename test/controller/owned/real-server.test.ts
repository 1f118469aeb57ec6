import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ownedSliceFromJson } from '../../../src/controller/owned/owned-slice-json.ts';
import { sameSlice } from '../../../src/controller/owned/same-slice.ts';
import { sliceToCreate, sliceToPatch } from '../../../src/controller/owned/slice-to-json.ts';
import { applyEdits } from '../../../src/controller/plan/apply-edits.ts';
import type { SliceContent } from '../../../src/controller/plan/edit.ts';
import { REMOTE_CLUSTER_LABEL } from '../../../src/model/federation.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { endpoint, endpoints, http, part, planned, service } from '../plan/fixtures.ts';
import { contentOf, longCluster } from './fixtures.ts';

const slices = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';

withServers('owned slices on a real API server', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let started: Promise<KubeApiserver> | undefined;
  const server = async (): Promise<KubeApiserver> => {
    started ??= (async () => {
      const api = await rig.kubeApiserver();
      const made = await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
      assert.equal(made.status, 201);
      return api;
    })();
    return started;
  };

  async function created(content: SliceContent): Promise<ReturnType<typeof ownedSliceFromJson>> {
    const answer = await (await server()).call('POST', slices, sliceToCreate(content));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return ownedSliceFromJson(answer.body);
  }

  it('a slice comes back intact and equal, in every shape that we write', async () => {
    const shapes: Partial<SliceContent>[] = [
      {},
      { cluster: null },
      { cluster: longCluster },
      { ports: [] },
      { ports: [{ ...http, name: '' }] },
      { family: 'IPv6', endpoints: [endpoint('fd00::1')] },
      { endpoints: endpoints(1000) },
    ];
    for (const [i, shape] of shapes.entries()) {
      const content = contentOf({ name: `shape-${i}`, ...shape });
      const slice = await created(content);
      const [wanted] = applyEdits([], [{ phase: 1, rank: 'add', op: 'create', content }]);
      assert.ok(wanted !== undefined && sameSlice(slice, { ...wanted, uid: slice.uid }), `shape ${i}`);
    }
  });

  it('a patch changes what is ours, keeps what others added, and asks for the resourceVersion', async () => {
    const api = await server();
    const content = contentOf({ name: 'patched', cluster: longCluster });
    const old = await created(content);
    const path = `${slices}/patched`;
    const others = { metadata: { labels: { team: 'a' }, annotations: { note: 'b' } } };
    const touched = ownedSliceFromJson((await api.call('PATCH', path, others)).body);
    assert.ok(touched.intact);

    const next = contentOf({ name: 'patched', cluster: 'east', ports: [http], endpoints: endpoints(2) });
    assert.equal((await api.call('PATCH', path, sliceToPatch(next, old))).status, 409);
    const answer = await api.call('PATCH', path, sliceToPatch(next, touched));
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const slice = ownedSliceFromJson(answer.body);
    assert.ok(slice.intact);
    assert.deepEqual([slice.cluster, slice.ports, slice.endpoints], ['east', [http], endpoints(2)]);
    assert.equal(answer.body.metadata.labels.team, 'a');
    assert.deepEqual(answer.body.metadata.annotations, { note: 'b' });
    assert.equal(answer.body.metadata.ownerReferences[0].blockOwnerDeletion, undefined);
  });

  it('what others change is seen, planned and put right, and then nothing is planned', async () => {
    const api = await server();
    const list = endpoints(2);
    const desired = service([part(list)], { uid: '6d2e5f0a-0000-4000-8000-000000000001', name: 'repair' });
    const [edit] = planned(desired, []);
    assert.ok(edit?.op === 'create');
    let slice = await created(edit.content);
    assert.deepEqual(planned(desired, [slice]), []);

    const path = `${slices}/${slice.name}`;
    const [first, second] = sliceToCreate(edit.content)['endpoints'] as object[];
    const changes: object[] = [
      { endpoints: [{ ...first, hints: { forZones: [{ name: 'a' }] } }, second] },
      { endpoints: [first] },
      { endpoints: [] },
      { endpoints: [{ ...first, addresses: ['10.0.0.1', '10.0.0.9'] }, second, second] },
      { ports: [{ name: 'http', port: 8080, appProtocol: 'example.com/x' }] },
      { metadata: { ownerReferences: null } },
      { metadata: { labels: { [REMOTE_CLUSTER_LABEL]: null } } },
      { metadata: { labels: { 'kubernetes.io/service-name': 'another' } } },
      { metadata: { annotations: { [REMOTE_CLUSTER_LABEL]: longCluster } } },
    ];
    for (const change of changes) {
      const changed = await api.call('PATCH', path, change);
      const text = JSON.stringify(change);
      assert.equal(changed.status, 200, JSON.stringify(changed.body));
      const [repair, ...others] = planned(desired, [ownedSliceFromJson(changed.body)]);
      assert.ok(repair?.op === 'update' && others.length === 0, text);
      const answer = await api.call('PATCH', path, sliceToPatch(repair.content, repair.of));
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      slice = ownedSliceFromJson(answer.body);
      assert.ok(slice.intact, text);
      assert.deepEqual(planned(desired, [slice]), [], text);
    }
  });

  it('writing the same again makes no new resourceVersion', async () => {
    const api = await server();
    const content = contentOf({ name: 'same' });
    const slice = await created(content);
    const answer = await api.call('PATCH', `${slices}/same`, sliceToPatch(content, slice));
    assert.equal(answer.body.metadata.resourceVersion, slice.resourceVersion);
  });
});
