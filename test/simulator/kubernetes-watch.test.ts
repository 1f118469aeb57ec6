import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../src/runtime/random.ts';
import { changeOne } from '../../src/simulator/churn.ts';
import { until } from '../rig/deadline.ts';
import { EventReader, PROTOBUF, get, openHttp2, withHttp2 } from './http-client.ts';
import type { WatchEvent } from './http-client.ts';
import { kubernetesFixture } from './kubernetes-fixture.ts';
import type { KubernetesFixture } from './kubernetes-fixture.ts';
import { decodeEvent } from './kubernetes-proto.ts';

const NOW = 1_800_000_000_000;
const END = 'k8s.io/initial-events-end';

function podsAt(fixture: KubernetesFixture): Map<string, string> {
  const pods = fixture.world.store.tables.pods.all();
  return new Map(pods.map((pod) => [pod.key, String(pod.revision)]));
}

function follow(state: Map<string, string>, event: WatchEvent): void {
  const { name, namespace, resourceVersion } = event.object.metadata;
  if (event.type === 'DELETED') state.delete(`${namespace}/${name}`);
  else state.set(`${namespace}/${name}`, resourceVersion);
}

describe('simulated API server, watches', () => {
  it('delivers what a replaced pod means: deleted, added pending, modified', async (test) => {
    const { world, watch } = await kubernetesFixture(test);
    const revision = world.store.revision;
    const reader = await watch(`/api/v1/pods?watch=true&resourceVersion=${revision}`);
    const old = world.deployments.pod(3);
    const fresh = world.deployments.replace(3, NOW);
    const events = await reader.take(3);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['DELETED', 'ADDED', 'MODIFIED'],
    );
    const [deleted, , modified] = events;
    assert.equal(`${deleted?.object.metadata.namespace}/${deleted?.object.metadata.name}`, old.key);
    assert.equal(deleted?.object.metadata.resourceVersion, String(revision + 1));
    assert.equal(modified?.object.metadata.resourceVersion, String(fresh.revision));
    assert.equal(modified?.object.kind, 'Pod');
  });

  it('resumes after any revision without a gap, through random changes', async (test) => {
    const fixture = await kubernetesFixture(test);
    const { world, watch } = fixture;
    const random = seededRandom(99);
    const state = podsAt(fixture);
    let revision = world.store.revision;
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 25; i++) changeOne(world, random, NOW);
      const reader = await watch(`/api/v1/pods?watch=1&resourceVersion=${revision}`);
      const last = Math.max(...world.store.tables.pods.all().map((pod) => pod.revision));
      while (revision < last) {
        const event = await reader.next();
        follow(state, event);
        assert.ok(Number(event.object.metadata.resourceVersion) > revision, 'nothing comes twice');
        revision = Number(event.object.metadata.resourceVersion);
        // Cut in the middle: the next round resumes here.
        if (random() < 0.05) break;
      }
      reader.answer.abort();
    }
    const reader = await watch(`/api/v1/pods?watch=1&resourceVersion=${revision}&allowWatchBookmarks=true`);
    await fixture.clock.advance(60_000);
    for (let event = await reader.next(); event.type !== 'BOOKMARK'; event = await reader.next()) {
      follow(state, event);
    }
    assert.deepEqual(Object.fromEntries(state), Object.fromEntries(podsAt(fixture)));
  });

  it('starts with everything where no revision is given', async (test) => {
    const fixture = await kubernetesFixture(test);
    for (const query of ['', '&resourceVersion=0']) {
      const reader = await fixture.watch(`/api/v1/pods?watch=1${query}`);
      const events = await reader.take(podsAt(fixture).size);
      assert.ok(events.every(({ type }) => type === 'ADDED'));
    }
  });

  it('answers WatchList: everything, the marked bookmark, then changes', async (test) => {
    const fixture = await kubernetesFixture(test);
    const { world, watch, server, url } = fixture;
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
    const revision = world.store.revision;
    const reader = await watch(`/api/v1/pods?${query}&allowWatchBookmarks=true&resourceVersion=`);
    const initial = await reader.take(podsAt(fixture).size);
    assert.ok(initial.every(({ type }) => type === 'ADDED'));
    const bookmark = await reader.next();
    assert.equal(bookmark.type, 'BOOKMARK');
    assert.equal(bookmark.object.metadata.resourceVersion, String(revision));
    assert.deepEqual(bookmark.object.metadata.annotations, { [END]: 'true' });
    world.deployments.setReady(0, false);
    assert.equal((await reader.next()).type, 'MODIFIED');
    assert.equal((await get(url(`/api/v1/pods?${query}`))).status, 422);
    assert.equal((await get(url('/api/v1/pods?watch=1&sendInitialEvents=true'))).status, 422);
    server.behaviour.watchList = false;
    assert.equal((await get(url(`/api/v1/pods?${query}&allowWatchBookmarks=true`))).status, 422);
  });

  it('frames protobuf with lengths, WatchList bookmark and errors included', async (test) => {
    const { world, watch } = await kubernetesFixture(test);
    const accept = `${PROTOBUF};stream=watch`;
    const path = '/apis/discovery.k8s.io/v1/endpointslices';
    const list = `${path}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
    const reader = await watch(list, accept);
    assert.equal(reader.answer.type, `${PROTOBUF};stream=watch`);
    for (let i = 0; i < world.store.tables.endpointslices.size; i++) {
      const event = decodeEvent((await reader.raw()) ?? Buffer.alloc(0));
      assert.equal(event.type, 'ADDED');
      assert.ok((event.object['endpoints'] as object[]).length > 0);
    }
    const { type, kind, object } = decodeEvent((await reader.raw()) ?? Buffer.alloc(0));
    assert.deepEqual([type, kind], ['BOOKMARK', 'EndpointSlice']);
    assert.deepEqual(object['metadata'], {
      resourceVersion: String(world.store.revision),
      annotations: { [END]: 'true' },
    });
    world.deployments.replace(0, NOW);
    const modified = decodeEvent((await reader.raw()) ?? Buffer.alloc(0));
    assert.equal(modified.type, 'MODIFIED');
    world.store.compact();
    const late = await watch(`${path}?watch=1&resourceVersion=1`, accept);
    const error = decodeEvent((await late.raw()) ?? Buffer.alloc(0));
    assert.deepEqual([error.type, error.kind, error.object['code']], ['ERROR', 'Status', 410]);
    assert.equal(await late.raw(), undefined);
  });

  it('sends bookmarks at the interval only to those who allow them', async (test) => {
    const { world, watch, clock, server } = await kubernetesFixture(test);
    server.behaviour.bookmarkIntervalMs = 5000;
    const revision = world.store.revision;
    const path = `/apis/crd.projectcalico.org/v1/ippools?watch=1&resourceVersion=${revision}`;
    const reader = await watch(`${path}&allowWatchBookmarks=true`);
    await watch(path);
    world.deployments.replace(0, NOW);
    await clock.advance(5000);
    const bookmark = await reader.next();
    assert.equal(bookmark.object.kind, 'IPPool');
    assert.deepEqual(bookmark.object.metadata.resourceVersion, String(world.store.revision));
    await clock.advance(5000);
    assert.equal((await reader.next()).type, 'BOOKMARK');
  });

  it('refuses a forgotten revision with an ERROR event, or with 410 where told so', async (test) => {
    const { world, watch, server, url } = await kubernetesFixture(test);
    const old = world.store.revision;
    world.deployments.replace(0, NOW);
    world.store.compact();
    const reader = await watch(`/api/v1/pods?watch=1&resourceVersion=${old}`);
    assert.equal(reader.answer.status, 200);
    const event = await reader.next();
    assert.deepEqual([event.type, event.object.code, event.object.reason], ['ERROR', 410, 'Expired']);
    assert.equal(await reader.raw(), undefined);
    server.behaviour.goneAs = 'status';
    assert.equal((await get(url(`/api/v1/pods?watch=1&resourceVersion=${old}`))).status, 410);
  });

  it('forgets the oldest changes beyond its history', async (test) => {
    const { world, watch } = await kubernetesFixture(test, { history: 10 });
    const old = world.store.revision;
    for (let i = 0; i < 11; i++) world.deployments.touch(i);
    const reader = await watch(`/api/v1/pods?watch=1&resourceVersion=${old}`);
    assert.equal((await reader.next()).type, 'ERROR');
    const later = await watch(`/api/v1/pods?watch=1&resourceVersion=${old + 2}`);
    assert.equal((await later.take(9)).length, 9);
  });

  it('ends a watch after timeoutSeconds, and all of them when told', async (test) => {
    const { world, watch, clock, server } = await kubernetesFixture(test);
    const path = `/api/v1/pods?watch=1&resourceVersion=${world.store.revision}`;
    const timed = await watch(`${path}&timeoutSeconds=7`);
    const other = await watch(path);
    await clock.advance(6999);
    assert.equal(server.watches, 2);
    await clock.advance(1);
    assert.equal(await timed.raw(), undefined);
    server.endWatches();
    assert.equal(await other.raw(), undefined);
    await until('no open watch', () => server.watches === 0);
    assert.equal(clock.pending, 0);
  });

  it('cuts off a reader that falls behind the history, and keeps nothing for it', async (test) => {
    const { world, watch, server } = await kubernetesFixture(test, { endpoints: 2000, history: 2000 });
    const reader = await watch(`/api/v1/pods?watch=1&resourceVersion=${world.store.revision}`);
    reader.answer.stream.pause();
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 2000; i++) world.deployments.touch(i);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('the watch is over', () => server.watches === 0 || reader.answer.stream.readableLength > 0);
    let events = 0;
    while ((await reader.raw()) !== undefined) events++;
    assert.ok(events < 16_000, String(events));
    await until('no open watch', () => server.watches === 0);
  });

  it('shares kept batches between watchers without mixing what they asked for', async (test) => {
    const { world, watch, server } = await kubernetesFixture(test, { endpoints: 500, history: 10_000 });
    server.behaviour.keepEncoded = true;
    const revision = world.store.revision;
    for (let i = 0; i < 500; i++) world.deployments.touch(i);
    const path = `watch=1&resourceVersion=${revision}`;
    const [namespace] = world.deployments.pod(0).key.split('/');
    const names = async (where: string, count: number): Promise<string[]> =>
      (await (await watch(where)).take(count)).map(({ object }) => object.metadata.name);
    const first = await names(`/api/v1/pods?${path}`, 500);
    assert.deepEqual(await names(`/api/v1/pods?${path}`, 500), first);
    const inside = [...Array(500).keys()]
      .map((i) => world.deployments.pod(i))
      .filter((pod) => pod.key.startsWith(`${namespace}/`))
      .map((pod) => pod.key.split('/')[1]);
    assert.deepEqual(await names(`/api/v1/namespaces/${namespace}/pods?${path}`, inside.length), inside);
  });

  it('serves many watches on one HTTP/2 connection', async (test) => {
    const { world, server } = await kubernetesFixture(test);
    await withHttp2(server.listener.url, async (session) => {
      const path = `/api/v1/pods?watch=1&resourceVersion=${world.store.revision}`;
      const answers = await Promise.all(Array.from({ length: 20 }, () => openHttp2(session, path)));
      world.deployments.setReady(0, false);
      for (const answer of answers) assert.equal((await new EventReader(answer).next()).type, 'MODIFIED');
      assert.equal(server.listener.connections, 1);
    });
    await until('no open watch', () => server.watches === 0);
  });
});
