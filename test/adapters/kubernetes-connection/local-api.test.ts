import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { WriteProblem } from '../../../src/contract/local-api.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { until, within } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { Relay } from '../../support/relay.ts';
import { failure } from './fixtures.ts';
import {
  Following,
  SLICES,
  metaOf,
  openApi,
  patient,
  refusal,
  slice,
  slicesPath,
  soon,
} from './local-fixture.ts';

const OURS = { 'endpointslice.kubernetes.io/managed-by': 'test.fedsyncd.io' };
const ours = {
  path: SLICES,
  labelSelector: 'endpointslice.kubernetes.io/managed-by=test.fedsyncd.io',
  what: 'our EndpointSlices',
};

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

async function namespace(server: KubeApiserver, name: string): Promise<void> {
  const answer = await server.call('POST', '/api/v1/namespaces', { metadata: { name } });
  assert.equal(answer.status, 201);
}

function withMeta(object: JsonObject, meta: Record<string, unknown>): JsonObject {
  return { ...object, metadata: { ...(object['metadata'] as JsonObject), ...meta } };
}

withServers('KubernetesLocalApi on a real API server', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  it('creates, reads, replaces, patches and deletes, each with its precondition', async () => {
    const server = await rig.kubeApiserver();
    await using opened = await openApi(server);
    const { api } = opened;
    assert.equal(api.server, server.url);
    const path = slicesPath('default', 'one');
    assert.equal(await api.get(path, soon()), undefined);
    assert.equal(await api.get('/apis/no.such/v1/things/x', soon()), undefined);
    const created = await api.create(slicesPath('default'), slice('one', OURS), patient());
    assert.notEqual(metaOf(created).uid, '');
    assert.equal(metaOf((await api.get(path, soon())) ?? {}).uid, metaOf(created).uid);

    const replaced = await api.replace(path, { ...created, endpoints: [] }, patient());
    assert.deepEqual(replaced['endpoints'] ?? [], []);
    const { resourceVersion, uid } = metaOf(replaced);
    const patch = { metadata: { resourceVersion, labels: { mine: 'yes' } } };
    const merged = await api.merge(path, patch, patient());
    assert.deepEqual((merged['metadata'] as JsonObject)['labels'], { ...OURS, mine: 'yes' });

    const problem = async (work: Promise<unknown>): Promise<WriteProblem> => (await refusal(work)).problem;
    // Older than what is there, and of another object of the same name.
    assert.equal(await problem(api.replace(path, created, patient())), 'conflict');
    assert.equal(await problem(api.merge(path, patch, patient())), 'conflict');
    assert.equal(await problem(api.remove(path, { uid, resourceVersion }, patient())), 'conflict');
    const other = '00000000-0000-0000-0000-000000000000';
    assert.equal(await problem(api.remove(path, { uid: other }, patient())), 'conflict');
    assert.equal(await problem(api.replace(path, withMeta(merged, { uid: other }), patient())), 'conflict');
    assert.equal((await server.call('GET', path)).status, 200);
    await api.remove(path, metaOf(merged), patient());
    assert.equal((await server.call('GET', path)).status, 404);
  });

  it('says why a write was refused', async () => {
    const server = await rig.kubeApiserver();
    await using opened = await openApi(server);
    await using stranger = await openApi(server, { user: 'nobody' });
    await using wrong = await openApi(server, { token: 'wrong-token' });
    const { api } = opened;
    const created = await api.create(slicesPath('default'), slice('one'), patient());
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'held' },
      spec: {},
    };
    await api.create(LEASES, lease, patient());
    await namespace(server, 'leaving');
    // Nobody finishes the deletion here: the namespace stays as it is.
    await server.call('DELETE', '/api/v1/namespaces/leaving');

    const { uid } = metaOf(created);
    const gone = slicesPath('default', 'gone');
    const cases: readonly [string, WriteProblem, RegExp, () => Promise<unknown>][] = [
      [
        'a name that is taken',
        'exists',
        /^create \/apis\/.*\/default\/endpointslices\/one: .* 409: .*already exists/,
        () => api.create(slicesPath('default'), slice('one'), patient()),
      ],
      [
        'a namespace that is not there',
        'not-found',
        /^create .*404: namespaces "nowhere" not found/,
        () => api.create(slicesPath('nowhere'), slice('x'), patient()),
      ],
      [
        'a namespace that is going',
        'terminating',
        /^create .*403: .*being terminated/,
        () => api.create(slicesPath('leaving'), slice('x'), patient()),
      ],
      [
        'replacing nothing',
        'not-found',
        /^replace .*404/,
        () => api.replace(gone, withMeta(created, { name: 'gone', uid: undefined }), patient()),
      ],
      [
        'patching nothing',
        'not-found',
        /^patch .*404/,
        () => api.merge(gone, { metadata: { labels: {} } }, patient()),
      ],
      ['deleting nothing', 'not-found', /^delete .*404/, () => api.remove(gone, { uid }, patient())],
      [
        'content that is not valid',
        'invalid',
        /^create .*422: .*addressType/,
        () => api.create(slicesPath('default'), { ...slice('bad'), addressType: 'IPv5' }, patient()),
      ],
      [
        'content that cannot be read',
        'invalid',
        /^create .*400/,
        () => api.create(slicesPath('default'), { ...slice('bad'), endpoints: 'x' }, patient()),
      ],
      [
        'no resourceVersion where one is needed',
        'invalid',
        /^replace .*422: .*resourceVersion/,
        () => api.replace(`${LEASES}/held`, lease, patient()),
      ],
      [
        'no permission',
        'forbidden',
        /^create .*403: .*cannot create resource/,
        () => stranger.api.create(slicesPath('default'), slice('x'), patient()),
      ],
      [
        'no valid credentials',
        'forbidden',
        /^create .*401: Unauthorized/,
        () => wrong.api.create(slicesPath('default'), slice('x'), patient()),
      ],
      [
        'an API that is not served',
        'absent',
        /^create .*404: 404 page not found/,
        () => api.create('/apis/no.such/v1/namespaces/default/things', slice('x'), patient()),
      ],
      [
        'a resource that is not served',
        'absent',
        /^patch .*404/,
        () => api.merge('/apis/discovery.k8s.io/v1/namespaces/default/things/x', {}, patient()),
      ],
      [
        'a verb that is not served',
        'absent',
        /^create .*405/,
        () =>
          api.create('/api/v1/componentstatuses', { apiVersion: 'v1', kind: 'ComponentStatus' }, patient()),
      ],
    ];
    for (const [name, problem, message, work] of cases) {
      const error = await refusal(work());
      assert.equal(error.problem, problem, `${name}: ${error.message}`);
      assert.match(error.message, message, name);
      assert.doesNotMatch(error.message, /rig-|wrong-token/, name);
    }
  });

  it('is throttled by a server that is told to, with the time that it asks for', async () => {
    const server = await rig.kubeApiserver({
      users: [{ name: 'busy', token: 'rig-busy-token', groups: [] }],
    });
    await server.apply({
      text: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: busy}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: busy}]
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: nothing}
spec:
  type: Limited
  limited: {nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: {type: Reject}}
---
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: busy}
spec:
  priorityLevelConfiguration: {name: nothing}
  matchingPrecedence: 2
  rules:
  - subjects: [{kind: User, user: {name: busy}}]
    resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]`,
    });
    await using opened = await openApi(server, { user: 'busy' });
    // One request at a time is always let in.
    const bad = { ...slice('bad'), addressType: 'IPv5' };
    const error = await until(
      'throttled',
      async () => {
        const all = Array.from({ length: 20 }, () =>
          refusal(opened.api.create(slicesPath('default'), bad, patient())),
        );
        return (await Promise.all(all)).find(({ problem }) => problem === 'throttled');
      },
      { timeoutMs: 20_000 },
    );
    assert.ok((error.retryAfterMs ?? 0) >= 1000);
    assert.match(error.message, /429/);
  });

  it('fails where the outcome is not known: broken webhooks, frozen and dead servers', async () => {
    const server = await rig.kubeApiserver();
    await using opened = await openApi(server);
    const { api } = opened;
    const path = slicesPath('default');
    await api.create(path, slice('one'), patient());
    await server.call('POST', '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', {
      metadata: { name: 'broken' },
      webhooks: [
        {
          name: 'broken.fedsyncd.io',
          clientConfig: { url: 'https://127.0.0.1:1/' },
          rules: [
            {
              apiGroups: ['discovery.k8s.io'],
              apiVersions: ['*'],
              operations: ['CREATE'],
              resources: ['endpointslices'],
            },
          ],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Fail',
        },
      ],
    });
    let count = 0;
    await until('the webhook is in use', async () => {
      const outcome = await Promise.allSettled([api.create(path, slice(`two-${count++}`), patient())]);
      if (outcome[0].status === 'fulfilled') return false;
      assert.equal((outcome[0].reason as { problem: string }).problem, 'failed');
      assert.match(String(outcome[0].reason), /500: .*failed calling webhook/);
      return true;
    });

    server.pause();
    const late = await refusal(
      api.merge(slicesPath('default', 'one'), {}, { signal: soon(), timeoutMs: 300 }),
    );
    assert.equal(late.problem, 'failed');
    assert.match(late.message, /^patch .*: no answer within 300 ms; it may have been done/);
    const stop = new AbortController();
    const reason = new Error('stop');
    const ended = api.merge(slicesPath('default', 'one'), {}, { signal: stop.signal, timeoutMs: 10_000 });
    stop.abort(reason);
    await assert.rejects(within('ends', ended), reason);
    server.resume();
    const none = await refusal(api.merge(slicesPath('default', 'one'), {}, { signal: soon(), timeoutMs: 0 }));
    assert.match(none.message, /not sent/);

    await server.kill();
    const dead = await refusal(api.merge(slicesPath('default', 'one'), {}, patient()));
    assert.equal(dead.problem, 'failed');
    assert.match(dead.message, /^patch .*: https:\/\/127\.0\.0\.1:\d+: /);
    assert.equal((await failure(api.get(path, soon()))).reaction, 'retry');
    assert.equal((await failure(api.list(ours, soon()))).reaction, 'retry');
  });

  it('lists large collections in pages, of all namespaces', async () => {
    const server = await rig.kubeApiserver();
    await using opened = await openApi(server);
    const { api } = opened;
    await namespace(server, 'other');
    const wanted = Array.from({ length: 1100 }, (_, i) => [i % 2 === 0 ? 'default' : 'other', `s-${i >> 1}`]);
    const queue = [...wanted];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
          const [space = '', name = ''] = next;
          await api.create(slicesPath(space), slice(name, OURS), patient());
        }
      }),
    );
    await api.create(slicesPath('default'), slice('foreign'), patient());
    const objects = await api.list(ours, soon());
    const names = objects.map((object) => {
      const { namespace, name } = object['metadata'] as Record<string, string>;
      return `${namespace}/${name}`;
    });
    assert.deepEqual(names.sort(), wanted.map((pair) => pair.join('/')).sort());
    const one = await api.list({ ...ours, path: slicesPath('other') }, soon());
    assert.equal(one.length, 550);
    await using following = new Following(api, ours);
    await until('all are known', () => following.seen.objects.size === 1100);
  });
});

withServers(
  'KubernetesLocalApi.follow on a real API server',
  ['etcd', 'kube-apiserver', 'kubectl'],
  (rig) => {
    it('sees every change, and what leaves the selection, through a cut connection without a new list', async () => {
      const server = await rig.kubeApiserver();
      const relay = await Relay.start(server.port);
      await using opened = await openApi(server, { port: relay.port });
      await using direct = await openApi(server);
      const write = direct.api;
      await write.create(slicesPath('default'), slice('a', OURS), patient());
      await write.create(slicesPath('default'), slice('foreign'), patient());
      await using following = new Following(opened.api, ours);
      await following.holds('default/a');
      const b = await write.create(slicesPath('default'), slice('b', OURS), patient());
      await following.holds('default/a default/b');
      await write.merge(
        slicesPath('default', 'a'),
        { metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': null } } },
        patient(),
      );
      await following.holds('default/b');

      for (let round = 0; round < 3; round++) {
        relay.cut();
        await write.create(slicesPath('default'), slice(`c-${round}`, OURS), patient());
        await until('seen', () => following.seen.objects.has(`default/c-${round}`));
      }
      await write.remove(slicesPath('default', 'b'), { uid: metaOf(b).uid }, patient());
      await following.holds('default/c-0 default/c-1 default/c-2');
      const removed = following.seen.changes.at(-1);
      assert.deepEqual(removed, { op: 'delete', namespace: 'default', name: 'b', uid: metaOf(b).uid });
      assert.equal(following.seen.lists, 1);
      relay.close();
    });

    it('is right again after an outage, a restart and a compaction, and keeps what it told meanwhile', async () => {
      const server = await rig.kubeApiserver();
      const relay = await Relay.start(server.port);
      await using opened = await openApi(server, { port: relay.port });
      await using direct = await openApi(server);
      const write = direct.api;
      const a = await write.create(slicesPath('default'), slice('a', OURS), patient());
      await using following = new Following(opened.api, ours);
      await following.holds('default/a');

      // Nothing gets through while everything changes, and then the history is not there any more.
      relay.stall();
      await write.remove(slicesPath('default', 'a'), { uid: metaOf(a).uid }, patient());
      await write.create(slicesPath('default'), slice('b', OURS), patient());
      await server.etcd.compact();
      await server.kill();
      relay.resume();
      await until('the outage is told', () => following.seen.failures.length > 1);
      assert.equal(following.seen.names, 'default/a');
      await server.restart();
      await following.holds('default/b');
      assert.equal(following.seen.lists, 2, 'the resume point was gone: one list more');

      // Without changes it is said that all is well again.
      const told = following.seen.returns + following.seen.lists;
      await server.restart();
      await until('it is back', () => following.seen.returns + following.seen.lists > told, {
        timeoutMs: 30_000,
      });
      await write.create(slicesPath('default'), slice('c', OURS), patient());
      await following.holds('default/b default/c');
      relay.close();
    });
  },
);
