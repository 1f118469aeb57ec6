import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  prepareKubernetes,
  prepareLocalKubernetes,
} from '../../../src/adapters/kubernetes/connection/connect.ts';
import { KubernetesRccSource } from '../../../src/adapters/kubernetes/local/rcc-source.ts';
import type { RccSnapshot, SecretSnapshot } from '../../../src/contract/rcc-source.ts';
import type { RccObject } from '../../../src/model/rcc.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until, within } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { failure, fetchText, hostWith, noAccess, options } from './fixtures.ts';

const V1 = 'crd.projectcalico.org';
const V3 = 'projectcalico.org';

function crd(group: typeof V1 | typeof V3): string {
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    // kubectl reads JSON as YAML; the rig looks for this very text.
    kind: 'CustomResourceDefinition',
    metadata: { name: `remoteclusterconfigurations.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: {
        kind: 'RemoteClusterConfiguration',
        listKind: 'RemoteClusterConfigurationList',
        plural: 'remoteclusterconfigurations',
        singular: 'remoteclusterconfiguration',
      },
      versions: [
        {
          name: group === V1 ? 'v1' : 'v3',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  });
}

const crdPath = (group: string): string =>
  `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/remoteclusterconfigurations.${group}`;
const rccPath = (group: string, name = ''): string =>
  `/apis/${group}/${group === V1 ? 'v1' : 'v3'}/remoteclusterconfigurations${name === '' ? '' : `/${name}`}`;

async function createCrd(server: KubeApiserver, group: typeof V1 | typeof V3): Promise<void> {
  const answer = await server.call(
    'POST',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    JSON.parse(crd(group)),
  );
  assert.equal(answer.status, 201);
  await until('the CRD is served', async () => (await server.call('GET', rccPath(group))).status === 200);
}

/** @returns how the source is to name the object. */
async function createRcc(
  server: KubeApiserver,
  group: string,
  name: string,
  spec: unknown,
): Promise<RccObject> {
  const version = group === V1 ? 'v1' : 'v3';
  let uid = '';
  await until('created', async () => {
    const answer = await server.call('POST', rccPath(group), {
      apiVersion: `${group}/${version}`,
      kind: 'RemoteClusterConfiguration',
      metadata: { name },
      spec,
    });
    uid = String(answer.body.metadata.uid);
    return answer.status === 201;
  });
  return { apiVersion: `${group}/${version}`, uid };
}

/** A source that runs, with what it said last. */
class Running implements AsyncDisposable {
  snapshot: RccSnapshot | undefined;
  readonly history: RccSnapshot[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly source: KubernetesRccSource;

  constructor(source: KubernetesRccSource) {
    this.source = source;
    this.#done = source.run((snapshot) => {
      this.snapshot = snapshot;
      this.history.push(snapshot);
    }, this.#stop.signal);
  }

  specOf(name: string): unknown {
    return this.snapshot?.documents.find((document) => document.name === name)?.spec;
  }

  objectOf(name: string): RccObject | undefined {
    return this.snapshot?.documents.find((document) => document.name === name)?.object;
  }

  get names(): string {
    const found = this.snapshot?.documents.map((document) => `${document.name}@${document.origin}`);
    return found?.join(' ') ?? 'none yet';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await within('the source ends', this.#done);
  }
}

const timings = {
  absentPollMs: 200,
  discoveryLagMs: 1500,
  confirmAgainMs: 200,
  firstRetryMs: 50,
  maxRetryMs: 500,
};

withServers('KubernetesRccSource on a real API server', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  for (const user of ['admin', 'reader'] as const) {
    it(`follows CRDs and RCCs through their whole life (${user})`, async () => {
      const server = await rig.kubeApiserver({
        users: [{ name: 'reader', token: 'rig-reader-token', groups: [] }],
      });
      await server.apply({
        text: `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: rcc-reader}
rules: [{apiGroups: ["${V1}", "${V3}"], resources: [remoteclusterconfigurations], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: rcc-reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rcc-reader}
subjects: [{kind: User, name: reader}]`,
      });
      const prepared = await prepareLocalKubernetes(await server.kubeconfigFile(user), options);
      const transport = prepared.openTransport();
      const connection = { transport, clock: systemClock, random: systemRandom };
      await using running = new Running(new KubernetesRccSource(connection, timings));

      // No CRD: an empty source with a reason.
      await until('a first snapshot', () => running.snapshot);
      assert.deepEqual(running.snapshot?.documents, []);
      assert.equal(running.snapshot?.problem?.reason, 'SourceMissing');

      // A CRD arrives later.
      await createCrd(server, V1);
      const a = await createRcc(server, V1, 'a', { datastoreType: 'etcdv3' });
      await createRcc(server, V1, 'b', {});
      await until('both', () => running.names === `a@${V1}/v1 b@${V1}/v1`);
      assert.equal(running.snapshot?.problem, undefined);
      assert.deepEqual(running.specOf('a'), { datastoreType: 'etcdv3' });
      assert.deepEqual(running.objectOf('a'), a);

      // A change and a plain deletion.
      await server.call('PATCH', rccPath(V1, 'a'), { spec: { datastoreType: 'kubernetes' } });
      await until('changed', () => JSON.stringify(running.specOf('a')).includes('kubernetes'));
      await server.call('DELETE', rccPath(V1, 'b'));
      await until('b is gone', () => running.names === `a@${V1}/v1`);

      // The migration: a copy in the other group, then the old CRD goes with every object in it.
      await createRcc(server, V1, 'left', {});
      await until('left', () => running.names === `a@${V1}/v1 left@${V1}/v1`);
      await createCrd(server, V3);
      const moved = await createRcc(server, V3, 'a', { datastoreType: 'kubernetes' });
      assert.notEqual(moved.uid, a.uid);
      await server.call('DELETE', crdPath(V1));
      await until('a comes from v3', () => running.names === `a@${V3}/v3 left@${V1}/v1`);
      assert.deepEqual(running.objectOf('a'), moved);
      await until('a problem', () => running.snapshot?.problem?.reason === 'SourceMissing');
      await until('the CRD is gone', async () => (await server.call('GET', crdPath(V1))).status === 404);
      await until('still kept', () => running.snapshot?.problem?.message.includes(V1));
      assert.equal(running.names, `a@${V3}/v3 left@${V1}/v1`);

      // Deleting in the new group works while the old one is gone.
      await server.call('DELETE', rccPath(V3, 'a'));
      await until('a is gone', () => running.names === `left@${V1}/v1`);

      // The old group is back, with a complete list that does not have it.
      await createCrd(server, V1);
      await until('left is gone', () => running.names === '');
      await until('no problem any more', () => running.snapshot?.problem === undefined);

      // No snapshot ever lost an RCC that somebody did not delete.
      const lost = running.history.findIndex((snapshot, i) => {
        const names = new Set(snapshot.documents.map((document) => document.name));
        const before = running.history[i - 1]?.documents ?? [];
        return before.some(({ name }) => name === 'left' && !names.has(name));
      });
      assert.ok(lost < 0 || running.history[lost]?.documents.length === 0);
      await transport.close();
    });
  }

  it('an RCC that moves to the other group is there in every snapshot', async () => {
    const server = await rig.kubeApiserver();
    await createCrd(server, V1);
    await createCrd(server, V3);
    const prepared = await prepareLocalKubernetes(await server.kubeconfigFile(), options);
    const transport = prepared.openTransport();
    const connection = { transport, clock: systemClock, random: systemRandom };
    await using running = new Running(new KubernetesRccSource(connection, timings));
    for (const name of ['m1', 'm2', 'm3', 'm4', 'm5']) {
      await createRcc(server, V1, name, {});
      await until('known', () => running.names.includes(`${name}@${V1}/v1`));
      const known = running.history.length;
      await createRcc(server, V3, name, {});
      await server.call('DELETE', rccPath(V1, name));
      await until('moved', () => running.names.includes(`${name}@${V3}/v3`));
      const gone = running.history
        .slice(known)
        .filter((snapshot) => snapshot.documents.every((document) => document.name !== name));
      assert.deepEqual(gone, []);
    }
    await transport.close();
  });

  it('keeps everything while the server is down, and follows again afterwards', async () => {
    const server = await rig.kubeApiserver();
    await createCrd(server, V1);
    await createRcc(server, V1, 'a', {});
    const prepared = await prepareLocalKubernetes(await server.kubeconfigFile(), options);
    const transport = prepared.openTransport();
    const connection = { transport, clock: systemClock, random: systemRandom };
    await using running = new Running(new KubernetesRccSource(connection, timings));
    await until('a', () => running.names === `a@${V1}/v1`);
    await server.kill();
    await until('a problem', () => running.snapshot?.problem?.reason === 'ConnectionRefused');
    assert.equal(running.names, `a@${V1}/v1`);
    await server.restart();
    await createRcc(server, V1, 'b', {});
    await until('both', () => running.names === `a@${V1}/v1 b@${V1}/v1`, { timeoutMs: 20_000 });
    // The server answers 503 for a moment after it is ready.
    await until('no problem any more', () => running.snapshot?.problem === undefined, { timeoutMs: 20_000 });
    await transport.close();
  });
});

withServers('KubernetesSecretSource on a real API server', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  it('follows one Secret with rights on that name alone', async () => {
    const server = await rig.kubeApiserver({
      users: [{ name: 'reader', token: 'rig-reader-token', groups: [] }],
    });
    const prepared = await prepareLocalKubernetes(await server.kubeconfigFile('reader'), options);
    const transport = prepared.openTransport();
    const { secrets } = new KubernetesRccSource({ transport, clock: systemClock, random: systemRandom });
    const stop = new AbortController();
    const seen: SecretSnapshot[] = [];
    const name = { namespace: 'default', name: 'remote' };

    // Without any right: forbidden, and said so.
    const first = secrets.watch(name, (secret) => seen.push(secret), stop.signal);
    await until('forbidden', () => seen.at(-1)?.state === 'forbidden');
    stop.abort();
    await within('it ends', first);

    await server.apply({
      text: `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: one-secret, namespace: default}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [remote], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: one-secret, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one-secret}
subjects: [{kind: User, name: reader}]`,
    });
    const again = new AbortController();
    const a: SecretSnapshot[] = [];
    const b: SecretSnapshot[] = [];
    const path = '/api/v1/namespaces/default/secrets';
    const watching = secrets.watch(name, (secret) => a.push(secret), again.signal);
    await until('missing', () => a.at(-1)?.state === 'missing');
    const sharing = secrets.watch(name, (secret) => b.push(secret), again.signal);
    assert.equal(b.at(-1)?.state, 'missing');

    const text = 'clé: ü';
    await server.call('POST', path, {
      metadata: { name: 'remote' },
      data: { kubeconfig: Buffer.from(text).toString('base64') },
    });
    await until('found', () => a.at(-1)?.state === 'found');
    assert.deepEqual(a.at(-1), { state: 'found', data: { kubeconfig: text } });
    assert.deepEqual(b.at(-1), a.at(-1));
    await server.call('DELETE', `${path}/remote`);
    await until('missing again', () => a.at(-1)?.state === 'missing' && b.at(-1)?.state === 'missing');
    again.abort();
    await within('both end', Promise.all([watching, sharing]));
    await transport.close();
  });
});

withServers('a transport to a real API server', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  it('reads, is refused, and is checked', async () => {
    const server = await rig.kubeApiserver();
    const access = { ...noAccess, kubeconfigInline: server.kubeconfig() };
    const prepared = await prepareKubernetes(access, options);
    const transport = prepared.openTransport();
    assert.equal((await fetchText(transport, '/api/v1/namespaces/default')).status, 200);
    await transport.close();

    const steps = async (kubeconfigInline: string): Promise<string[]> => {
      const checked = await prepareKubernetes({ ...noAccess, kubeconfigInline }, options);
      const found: string[] = [];
      for await (const step of checked.checkConnection(AbortSignal.timeout(20_000))) {
        found.push(`${step.step} ${step.result}${step.reason === undefined ? '' : ` ${step.reason}`}`);
      }
      return found;
    };
    assert.deepEqual(await steps(server.kubeconfig()), ['dns skipped', 'tcp ok', 'tls ok', 'auth ok']);
    assert.deepEqual(await steps(server.kubeconfig('admin', 'wrong')), [
      'dns skipped',
      'tcp ok',
      'tls ok',
      'auth failed Unauthorized',
    ]);
    const anonymous = JSON.parse(server.kubeconfig()) as { users: { user: unknown }[] };
    for (const entry of anonymous.users) entry.user = {};
    assert.equal((await steps(JSON.stringify(anonymous))).at(-1), 'auth failed Unauthorized');
    await server.kill();
    assert.deepEqual(await steps(server.kubeconfig()), ['dns skipped', 'tcp failed ConnectionRefused']);
  });

  it('finds a frozen server by its pings', async () => {
    const server = await rig.kubeApiserver();
    const host = hostWith({ pingIntervalMs: 100, pingTimeoutMs: 200 });
    const prepared = await prepareKubernetes(
      { ...noAccess, kubeconfigInline: server.kubeconfig() },
      options,
      host,
    );
    const transport = prepared.openTransport();
    const path = '/api/v1/namespaces?watch=true&resourceVersion=0';
    const response = await transport.get({ path, signal: AbortSignal.timeout(20_000) });
    const iterator = response.body[Symbol.asyncIterator]();
    await iterator.next();
    server.pause();
    const reading = (async () => {
      while ((await iterator.next()).done !== true);
    })();
    const error = await within('the watch rejects', failure(reading));
    assert.equal(error.reason, 'Timeout');
    server.resume();
    await transport.close();
  });
});
