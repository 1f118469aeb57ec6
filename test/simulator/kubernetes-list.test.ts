import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CertificateAuthority } from '../rig/certificates.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { PROTOBUF, get, getJson, openHttp2, read, withHttp2 } from './http-client.ts';
import { kubernetesFixture } from './kubernetes-fixture.ts';
import { decodeUnknown, projected } from './kubernetes-proto.ts';

interface List {
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly {
    readonly kind?: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
  }[];
}

const LISTS = [
  ['/api/v1/namespaces', 'namespaces'],
  ['/api/v1/serviceaccounts', 'serviceaccounts'],
  ['/api/v1/pods', 'pods'],
  ['/api/v1/services', 'services'],
  ['/api/v1/endpoints', 'endpoints'],
  ['/apis/discovery.k8s.io/v1/endpointslices', 'endpointslices'],
] as const;
const CALICO = ['hostendpoints', 'ippools', 'clusterinformations'] as const;

describe('simulated API server, lists', () => {
  for (const [path, resource] of LISTS) {
    it(`answers ${resource} in protobuf with what it answers in JSON`, async (test) => {
      const { url, world } = await kubernetesFixture(test);
      const json = await getJson<List>(url(path));
      const answer = await get(url(path), { accept: `${PROTOBUF},application/json` });
      assert.equal(answer.type, PROTOBUF);
      const { kind, object } = decodeUnknown(answer.body);
      assert.equal(kind, json.kind);
      assert.equal(json.items.length, world.store.tables[resource].size);
      const items = object['items'] as object[];
      assert.equal(items.length, json.items.length);
      // Protobuf lists carry an empty continue token, as real servers write it.
      const expected = { ...json, metadata: { ...json.metadata, continue: '' } };
      assert.deepEqual(object, projected(kind, expected));
    });
  }

  for (const group of ['crd.projectcalico.org/v1', 'projectcalico.org/v3'] as const) {
    it(`answers custom resources of ${group} in JSON, with kinds, even where protobuf is preferred`, async (test) => {
      const { url } = await kubernetesFixture(test, {}, { calicoGroups: [group] });
      for (const resource of CALICO) {
        const answer = await get(url(`/apis/${group}/${resource}`), {
          accept: `${PROTOBUF},application/json`,
        });
        const list = JSON.parse(answer.body.toString()) as List;
        assert.equal(answer.type, 'application/json');
        assert.ok(list.items.length > 0 && list.items.every((item) => list.kind === `${item.kind}List`));
      }
      const other = group.startsWith('crd') ? 'projectcalico.org/v3' : 'crd.projectcalico.org/v1';
      assert.equal((await get(url(`/apis/${other}/ippools`))).status, 404);
    });
  }

  it('cuts a list into pages of one snapshot although the data changes meanwhile', async (test) => {
    const { url, world } = await kubernetesFixture(test);
    const before = world.store.tables.pods.all().map(({ key }) => key);
    const keys: string[] = [];
    let next = '';
    let pages = 0;
    const revisions = new Set<string>();
    do {
      const list = await getJson<List>(url(`/api/v1/pods?limit=7&continue=${next}`));
      keys.push(...list.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
      revisions.add(list.metadata.resourceVersion);
      next = list.metadata.continue ?? '';
      if (next !== '') assert.equal(list.metadata.remainingItemCount, before.length - keys.length);
      world.deployments.replace(pages, 1_800_000_000_000);
      pages++;
    } while (next !== '');
    assert.ok(pages > 5);
    assert.deepEqual(keys, before);
    assert.equal(revisions.size, 1);
  });

  it('answers 410 Expired for a page whose snapshot is forgotten, and 400 for a broken token', async (test) => {
    const { url, world } = await kubernetesFixture(test);
    const first = await getJson<List>(url('/api/v1/pods?limit=7'));
    world.deployments.replace(0, 1_800_000_000_000);
    world.store.compact();
    const second = await get(url(`/api/v1/pods?limit=7&continue=${first.metadata.continue}`));
    assert.equal(second.status, 410);
    assert.equal((JSON.parse(second.body.toString()) as { reason: string }).reason, 'Expired');
    assert.equal((await get(url('/api/v1/pods?continue=broken'))).status, 400);
  });

  it('follows the rules of resourceVersion and resourceVersionMatch', async (test) => {
    const { url, world } = await kubernetesFixture(test);
    const old = world.store.revision;
    world.deployments.replace(0, 1_800_000_000_000);
    const revisionOf = async (query: string): Promise<number> =>
      Number((await getJson<List>(url(`/api/v1/pods?${query}`))).metadata.resourceVersion);
    const statusOf = async (query: string): Promise<number> =>
      (await get(url(`/api/v1/pods?${query}`))).status;
    const current = world.store.revision;
    assert.equal(await revisionOf('resourceVersion=0'), current);
    assert.equal(await revisionOf(`resourceVersion=${old}`), current);
    assert.equal(await revisionOf(`resourceVersion=${old}&resourceVersionMatch=NotOlderThan`), current);
    assert.equal(await revisionOf(`resourceVersion=${old}&resourceVersionMatch=Exact`), old);
    assert.equal(await revisionOf(`resourceVersion=${old}&limit=5`), old);
    assert.equal(await statusOf(`resourceVersion=${current + 1}`), 504);
    assert.equal(await statusOf('resourceVersionMatch=Exact'), 400);
    assert.equal(await statusOf('resourceVersion=abc'), 400);
    world.store.compact();
    assert.equal(await statusOf(`resourceVersion=${old}&resourceVersionMatch=Exact`), 410);
  });

  it('selects by namespace and by metadata fields, and says so where it cannot select', async (test) => {
    const { url, world } = await kubernetesFixture(test);
    const [pod] = world.store.tables.pods.all();
    const [namespace, name] = pod?.key.split('/') ?? [];
    const names = async (path: string): Promise<string[]> =>
      (await getJson<List>(url(path))).items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const all = await names('/api/v1/pods');
    const inside = all.filter((key) => key.startsWith(`${namespace}/`));
    assert.ok(inside.length > 0 && inside.length < all.length);
    assert.deepEqual(await names(`/api/v1/namespaces/${namespace}/pods`), inside);
    assert.deepEqual(
      await names(`/api/v1/pods?fieldSelector=metadata.namespace!%3D${namespace}`),
      all.filter((key) => !inside.includes(key)),
    );
    assert.deepEqual(await names(`/api/v1/pods?fieldSelector=metadata.name%3D${name}`), [pod?.key]);
    assert.equal((await get(url('/api/v1/pods?fieldSelector=status.phase%3DRunning'))).status, 400);
  });

  it('evaluates label selectors of equality, and refuses others', async (test) => {
    const { url, world } = await kubernetesFixture(test);
    const apps = [...world.store.tables.services.all()].map(({ workload }) => workload.name);
    const [app = ''] = apps;
    const count = async (selector: string): Promise<number> =>
      (await getJson<List>(url(`/api/v1/services?labelSelector=${encodeURIComponent(selector)}`))).items
        .length;
    const equal = apps.filter((name) => name === app).length;
    assert.ok(equal > 0 && equal < apps.length);
    assert.equal(await count(`app=${app}`), equal);
    assert.equal(await count(`app!=${app}`), apps.length - equal);
    assert.equal(await count(`app==${app},no-such-label=x`), 0);
    assert.equal((await get(url('/api/v1/services?labelSelector=app%20in%20(x)'))).status, 400);
  });
});

describe('simulated API server, single requests', () => {
  it('answers objects, version, health and discovery', async (test) => {
    const { url } = await kubernetesFixture(test);
    const namespace = await getJson<{ kind: string; metadata: { uid: string } }>(
      url('/api/v1/namespaces/kube-system'),
    );
    assert.equal(namespace.kind, 'Namespace');
    assert.match(namespace.metadata.uid, /^[0-9a-f-]{36}$/);
    const information = await getJson<{ spec: { clusterGUID: string; datastoreReady: boolean } }>(
      url('/apis/crd.projectcalico.org/v1/clusterinformations/default'),
    );
    assert.match(information.spec.clusterGUID, /^[0-9a-f]{32}$/);
    assert.equal(information.spec.datastoreReady, true);
    const protobuf = await get(url('/api/v1/namespaces/kube-system'), { accept: PROTOBUF });
    assert.equal(decodeUnknown(protobuf.body).kind, 'Namespace');
    assert.equal((await get(url('/livez'))).body.toString(), 'ok');
    assert.match((await getJson<{ gitVersion: string }>(url('/version'))).gitVersion, /^v1\./);
    const groups = await getJson<{ groups: { name: string }[] }>(url('/apis'));
    assert.deepEqual(
      groups.groups.map(({ name }) => name),
      ['discovery.k8s.io', 'crd.projectcalico.org'],
    );
    const core = await getJson<{ resources: { name: string }[] }>(url('/api/v1'));
    assert.ok(core.resources.some(({ name }) => name === 'pods'));
  });

  it('says 404, 403, 401, 405, 406 and 429 as an API server does', async (test) => {
    const { url, server } = await kubernetesFixture(test);
    const status = async (path: string, headers = {}): Promise<number> =>
      (await get(url(path), headers)).status;
    assert.equal(await status('/api/v1/namespaces/none'), 404);
    assert.equal(await status('/api/v1/secrets'), 404);
    assert.equal(await status('/api/v1/%zz/%'), 404);
    assert.equal(await status('/apis/crd.projectcalico.org/v1/ippools', { accept: PROTOBUF }), 406);
    server.forbidden.add('pods');
    assert.equal(await status('/api/v1/pods'), 403);
    assert.equal(await status('/api/v1/pods?watch=1'), 403);
    assert.equal(await status('/api/v1/services'), 200);
    server.refuseNext(1);
    assert.equal(await status('/api/v1/services'), 429);
    assert.equal(await status('/api/v1/services'), 200);
    server.token = 'right';
    assert.equal(await status('/api/v1/services'), 401);
    assert.equal(await status('/api/v1/services', { authorization: 'Bearer wrong' }), 401);
    assert.equal(await status('/api/v1/services', { authorization: 'Bearer right' }), 200);
    const post = await fetch(url('/api/v1/services'), {
      method: 'POST',
      headers: { authorization: 'Bearer right' },
    });
    assert.equal(post.status, 405);
  });

  it('speaks HTTP/1.1, h2c, and both over TLS, with one answer for all', async (test) => {
    const authority = new CertificateAuthority(await tempDirectory(test));
    const { cert, key } = authority.issue();
    const plain = await kubernetesFixture(test);
    const secure = await kubernetesFixture(test, {}, { tls: { cert, key } });
    const expected = (await get(plain.url('/api/v1/pods'))).body.toString();
    for (const { server } of [plain, secure]) {
      const body = await withHttp2(
        server.listener.url,
        async (session) => (await read(await openHttp2(session, '/api/v1/pods'))).body,
        authority.cert,
      );
      assert.equal(body.toString(), expected);
    }
    const { Agent, get: httpsGet } = await import('node:https');
    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const agent = new Agent({ ca: authority.cert });
    httpsGet(secure.url('/version'), { agent }, (response) => {
      response.resume();
      resolve(response.httpVersion);
    }).on('error', reject);
    assert.equal(await promise, '1.1');
    agent.destroy();
  });
});
