import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { labels, service, slice, workload } from '../../index/fixtures.ts';
import { turn } from '../../support/fake-clock.ts';
import { FeedRig, LIST } from './feed-rig.ts';
import type { ShownList } from './feed-rig.ts';

const names = ({ items }: ShownList): string[] => items.map(({ metadata }) => metadata.name).sort();

describe('lists of the feed', () => {
  let rig: FeedRig;

  beforeEach(() => {
    rig = new FeedRig({ snapshots: 3 });
    rig.open('east');
    rig.open('west');
    rig.start();
  });

  afterEach(async () => {
    await rig.stop();
    assert.equal(rig.store.stats().snapshots, 0);
    assert.deepEqual(rig.events, []);
  });

  it('show each object with the version of the commit that made it', async () => {
    rig.put('east', service('a'));
    const before = await rig.list({ resource: 'services' });
    rig.put('east', service('b'));
    const after = await rig.list({ resource: 'services' });
    assert.deepEqual(names(after), ['east.a', 'east.b']);
    assert.equal(after.items[0]?.metadata.resourceVersion, before.metadata.resourceVersion);
    assert.equal(after.items[1]?.metadata.resourceVersion, after.metadata.resourceVersion);
    const got = await rig.get({ resource: 'services', namespace: 'shop', name: 'east.b' });
    assert.deepEqual(got, after.items[1]);
  });

  it('keep to view, namespace and selectors', async () => {
    rig.put('east', service('a', { labels: labels({ app: 'web' }) }), service('b', { namespace: 'bank' }));
    rig.put('west', service('a'));
    const resource = 'services';
    const west = { view: 'cluster', cluster: 'west' } as const;
    assert.deepEqual(names(await rig.list({ resource })), ['east.a', 'east.b', 'west.a']);
    assert.deepEqual(names(await rig.list({ resource, view: west })), ['a']);
    assert.deepEqual(names(await rig.list({ resource, namespace: 'bank' })), ['east.b']);
    assert.deepEqual(names(await rig.list({ resource, labelSelector: 'app' })), ['east.a']);
    const one = { resource, namespace: 'shop', fieldSelector: 'metadata.name=west.a' } as const;
    assert.deepEqual(names(await rig.list(one)), ['west.a']);
    assert.deepEqual(names(await rig.list({ ...one, labelSelector: 'app' })), []);
    assert.deepEqual(names(await rig.list({ ...one, namespace: undefined })), ['west.a']);
    assert.deepEqual(names(await rig.list({ resource: 'remoteclusters', view: west })), ['west']);
    assert.deepEqual(names(await rig.list({ resource: 'namespaces' })), ['bank', 'shop']);
    assert.deepEqual(names(await rig.list({ resource: 'namespaces', view: west })), ['shop']);
  });

  it('go on page by page at one version, whatever comes meanwhile', async () => {
    for (let i = 0; i < 7; i++) rig.put('east', workload(`web-${i}`));
    const limit = 3;
    const first = await rig.list({ limit });
    assert.equal(first.metadata.remainingItemCount, 4);
    rig.put('east', workload('web-new'), workload('web-5', { ipNetworks: ['10.7.7.7/32'] }));
    rig.remove('east', 'workloadendpoints', {
      namespace: 'shop',
      name: 'node--1-k8s-web--6-eth0',
    });
    const second = await rig.list({ limit, continue: first.metadata.continue ?? '' });
    const repeated = await rig.list({ limit, continue: first.metadata.continue ?? '' });
    assert.deepEqual(second, repeated);
    const last = await rig.list({ limit, continue: second.metadata.continue ?? '', resourceVersion: '0' });
    const all = [first, second, last];
    assert.deepEqual(
      all.flatMap(names),
      Array.from({ length: 7 }, (_, i) => `east.node--1-k8s-web--${i}-eth0`),
    );
    assert.equal(new Set(all.map(({ metadata }) => metadata.resourceVersion)).size, 1);
    assert.deepEqual([last.metadata.continue, last.metadata.remainingItemCount], [undefined, undefined]);
    const exact = { resourceVersion: first.metadata.resourceVersion, resourceVersionMatch: 'Exact' };
    assert.deepEqual((await rig.list(exact)).items.length, 7, 'that snapshot lives');
    await rig.clock.advance(61_000);
    const late = await rig.failedList({ limit, continue: second.metadata.continue ?? '' });
    assert.deepEqual([late.code, late.reason], [410, 'Expired']);
    assert.equal((await rig.failedList(exact)).code, 410);
  });

  it('with a selector count to the limit what is selected', async () => {
    for (let i = 0; i < 300; i++) {
      rig.put('east', workload(`web-${i}`, i % 3 === 0 ? { labels: labels({ third: '' }) } : {}));
    }
    const request = { labelSelector: 'third', limit: 40 };
    const pages: ShownList[] = [await rig.list(request)];
    for (let token = pages[0]?.metadata.continue; token !== undefined;) {
      const page = await rig.list({ ...request, continue: token });
      pages.push(page);
      token = page.metadata.continue;
    }
    assert.deepEqual(
      pages.map(({ items }) => items.length),
      [40, 40, 20],
    );
    assert.equal(new Set(pages.flatMap(names)).size, 100);
    assert.equal(pages[0]?.metadata.remainingItemCount, undefined);
  });

  it('take no token of another list, process or making', async () => {
    for (let i = 0; i < 5; i++) rig.put('east', service(`s${i}`), workload(`w${i}`));
    const { metadata } = await rig.list({ limit: 2 });
    const token = metadata.continue ?? '';
    const others = [
      { continue: token, resource: 'services' },
      { continue: token, view: { view: 'cluster', cluster: 'east' } },
      { continue: token, namespace: 'shop' },
      { continue: token, labelSelector: 'a' },
      { continue: 'AAAA' },
      { continue: `${token}%` },
      { continue: token, resourceVersion: metadata.resourceVersion },
    ] as const;
    for (const other of others) {
      const { code, reason } = await rig.failedList({ limit: 2, ...other });
      assert.deepEqual([code, reason], [400, 'BadRequest']);
    }
    await rig.restart();
    const { code, reason } = await rig.failedList({ limit: 2, continue: token });
    assert.deepEqual([code, reason], [410, 'Expired']);
  });

  it('say what is wrong with a token or a version in the words of the API server', async () => {
    const message = async (request: object): Promise<string> => (await rig.failedList(request)).message;
    const invalid = 'invalid continue token: continue key is not valid:';
    assert.equal(await message({ continue: 'x' }), `${invalid} illegal base64 data at input byte 0`);
    assert.equal(await message({ continue: 'abc=' }), `${invalid} illegal base64 data at input byte 3`);
    assert.equal(await message({ continue: 'AAAA' }), `${invalid} it is no token of a feed`);
    // The token is looked at before the version beside it.
    assert.match(await message({ continue: 'x', resourceVersion: '1' }), /^invalid continue token/);
    assert.match(
      await message({ resourceVersion: 'x' }),
      /^invalid resource version: resourceVersion: Invalid value: "x"/,
    );
  });

  it('give up the oldest continuation for a new list', async () => {
    const tokens: string[] = [];
    for (let i = 0; i < 5; i++) {
      rig.put('east', service(`s${i}`), service(`t${i}`));
      const { metadata } = await rig.list({ resource: 'services', limit: 1 });
      tokens.push(metadata.continue ?? '');
    }
    assert.equal(rig.store.stats().snapshots, 3);
    assert.equal(rig.store.stats().snapshotsDroppedTotal, 2);
    const { message } = await rig.failedList({ resource: 'services', limit: 1, continue: tokens[1] ?? '' });
    assert.match(message, /continue parameter is too old/u);
    await rig.list({ resource: 'services', limit: 1, continue: tokens[2] ?? '' });
  });

  it('are refused while too many are being read', async () => {
    const signal = new AbortController().signal;
    const open = [];
    for (let i = 0; i < 3; i++) {
      rig.put('east', service(`s${i}`));
      const list = await rig.store.list({ ...LIST, resource: 'services' }, signal);
      assert.ok(list.state === 'ok');
      open.push(list);
    }
    rig.put('east', service('more'));
    const { code, details } = await rig.failedList({ resource: 'services' });
    assert.deepEqual([code, details?.retryAfterSeconds], [429, 1]);
    // Given up before it was started.
    await open[0]?.pieces.return();
    assert.equal((await rig.list({ resource: 'services' })).items.length, 4);
    for (const { pieces } of open) await pieces.return();
    assert.equal(rig.store.stats().snapshots, 0);
  });

  it('are taken from those who read for half a minute, where there is no other room', async () => {
    const signal = new AbortController().signal;
    for (let i = 0; i < 200; i++) rig.put('east', workload(`w${i}`), service(`s${i}`));
    const slow = await rig.store.list(LIST, signal);
    assert.ok(slow.state === 'ok');
    await slow.pieces.next();
    rig.put('east', service('a'));
    const watcher = await rig.watch({ resource: 'services' });
    watcher.isFull = true;
    await rig.settle();
    assert.ok(watcher.events.length < 200, 'it has not all of what was there');
    rig.put('east', service('b'));
    const other = await rig.store.list({ ...LIST, resource: 'services' }, signal);
    assert.ok(other.state === 'ok');
    assert.equal(rig.store.stats().snapshots, 3);
    await rig.clock.advance(29_000);
    rig.put('east', service('c'));
    assert.equal((await rig.failedList({ resource: 'services' })).code, 429);
    await rig.clock.advance(2000);
    // The oldest goes, then the next.
    assert.equal((await rig.list({ resource: 'services' })).items.length, 203);
    await assert.rejects(
      async () => {
        for await (const piece of slow.pieces) assert.ok(piece.length > 0);
      },
      { name: 'SlowReaderError' },
    );
    rig.put('east', service('d'));
    const fast = await rig.store.list({ ...LIST, resource: 'services' }, signal);
    assert.ok(fast.state === 'ok');
    rig.put('east', service('e'));
    assert.equal((await rig.list({ resource: 'services' })).items.length, 205);
    assert.equal(watcher.ended, 'slow');
    for (const { pieces } of [other, fast]) await pieces.return();
    assert.equal(rig.store.stats().snapshots, 0);
  });

  it('break off with their request', async () => {
    for (let i = 0; i < 500; i++) rig.put('east', workload(`w${i}`));
    const abort = new AbortController();
    const list = await rig.store.list(LIST, abort.signal);
    assert.ok(list.state === 'ok');
    await list.pieces.next();
    abort.abort(new Error('gone'));
    assert.equal(rig.store.stats().snapshots, 0, 'freed at once');
    await assert.rejects(async () => {
      for await (const piece of list.pieces) assert.ok(piece.length > 0);
    }, /gone|closed/u);
  });

  it('know which versions and options go together', async () => {
    rig.put('east', service('a'));
    const { metadata } = await rig.list({ resource: 'services' });
    const old = metadata.resourceVersion;
    rig.put('east', service('b'));
    const resource = 'services';
    const now = rig.store.resourceVersion;
    const code = async (request: object): Promise<number> => {
      const body = await rig.bodyOf({ resource, ...request });
      return Buffer.isBuffer(body) ? 200 : body.code;
    };
    const cases: [object, number][] = [
      [{ resourceVersion: '0' }, 200],
      [{ resourceVersion: old }, 200],
      [{ resourceVersion: old, limit: 1 }, 410],
      [{ resourceVersion: now, limit: 1 }, 200],
      [{ resourceVersion: old, resourceVersionMatch: 'NotOlderThan', limit: 1 }, 200],
      [{ resourceVersion: old, resourceVersionMatch: 'Exact' }, 410],
      [{ resourceVersion: now, resourceVersionMatch: 'Exact' }, 200],
      [{ resourceVersion: '0', resourceVersionMatch: 'Exact' }, 422],
      [{ resourceVersionMatch: 'NotOlderThan' }, 422],
      [{ resourceVersion: now, resourceVersionMatch: 'About' }, 422],
      [{ sendInitialEvents: false }, 422],
      [{ resourceVersion: 'x' }, 400],
      [{ resourceVersion: '5' }, 410],
      [{ resourceVersion: `${now}0` }, 410],
      [{ resourceVersion: String(BigInt(now) + 1000n) }, 410],
      [{ labelSelector: 'a==' }, 200],
      [{ labelSelector: 'a in' }, 400],
      [{ fieldSelector: 'spec.nothing=1' }, 400],
    ];
    for (const [request, expected] of cases) {
      assert.equal(await code(request), expected, JSON.stringify(request));
    }
    const both = await rig.failedList({ resourceVersionMatch: 'About' });
    assert.match(
      both.message,
      /^ListOptions\.meta\.k8s\.io "" is invalid: \[resourceVersionMatch: Forbidden/u,
    );
    assert.equal(both.details?.causes?.length, 2);
  });

  it('get what is there, in the view that is asked', async () => {
    rig.open('far.east');
    await rig.clock.advance(50);
    rig.put('far.east', workload('web'), service('a'));
    const { items } = await rig.list();
    const name = items[0]?.metadata.name ?? '';
    const view = { view: 'cluster', cluster: 'far.east' } as const;
    assert.deepEqual(await rig.get({ namespace: 'shop', name }), items[0]);
    assert.deepEqual(await rig.get({ namespace: 'shop', name }), items[0], 'remembered');
    const own = await rig.get({ namespace: 'shop', name: 'node--1-k8s-web-eth0', view });
    assert.ok('metadata' in own);
    const missing = [
      { namespace: 'bank', name },
      { namespace: 'shop', name: `${name.slice(0, -1)}0` },
      { namespace: 'shop', name: 'far.east.a', resource: 'services' },
      { namespace: 'shop', name: 'nothing', view },
      { name: 'nothing', resource: 'remoteclusters' },
      { name: 'nothing', resource: 'namespaces' },
      { name: 'east', resource: 'remoteclusters', view },
    ] as const;
    for (const place of missing) {
      const answer = await rig.get(place);
      assert.ok('code' in answer && answer.code === 404, JSON.stringify(place));
    }
    const unknown = await rig.get({ name: 'a', view: { view: 'cluster', cluster: 'nowhere' } });
    assert.ok('message' in unknown && unknown.message === 'remoteclusters.fedsyncd.io "nowhere" not found');
    const stale = await rig.get({ namespace: 'shop', name, resourceVersion: '12' });
    assert.ok('code' in stale && stale.code === 410);
    const cluster = await rig.get({ name: 'east', resource: 'remoteclusters' });
    assert.ok('metadata' in cluster && cluster.metadata.name === 'east');
  });

  it('have the length of their items in front where the encoding wants it', async () => {
    const ports = [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: '' }];
    for (let i = 0; i < 200; i++) rig.put('east', slice(`s-${i}`, 's', { ports }));
    const encoding = { wire: 'protobuf', form: 'object', includeObject: 'Metadata' } as const;
    const body = await rig.bodyOf({ resource: 'endpointslices', encoding });
    assert.ok(Buffer.isBuffer(body));
    assert.equal(body.subarray(0, 4).toString('latin1'), 'k8s\0');
    assert.match(body.subarray(0, 60).toString('latin1'), /discovery\.k8s\.io\/v1.*EndpointSliceList/su);
  });

  it('are not answered before the feed runs, nor after', async () => {
    await rig.stop();
    const { code } = await rig.failedList({});
    assert.equal(code, 503);
    await turn();
    rig = new FeedRig();
    assert.equal((await rig.failedList({})).code, 503);
  });
});
