import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WriteError } from '../../../src/contract/local-api.ts';
import { LeaderElector } from '../../../src/controller/election/leader-elector.ts';
import { LEASE_TIMINGS } from '../../../src/controller/election/lease-timings.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SimulatedServer } from '../election/simulated-api.ts';
import { LEASE, endpoints, run, slice } from './cleanup-fixture.ts';

const LEASE_PATH = '/apis/coordination.k8s.io/v1/namespaces/calico-system/leases/fedsyncd';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const ENDPOINTS = '/api/v1/namespaces/shop/endpoints';
const MIRROR = 'endpointslicemirroring-controller.k8s.io';
const random = seededRandom(1);

function newWorld() {
  const clock = new FakeClock();
  const server = new SimulatedServer(clock);
  const stop = new AbortController();
  const context = { clock, random, signal: stop.signal };
  const start = (dryRun = false) => run(server.client(), { ...context, dryRun });
  return { clock, server, stop, start };
}

function fill(server: SimulatedServer): void {
  for (const name of ['web-a-0', 'web-a-1']) server.put(`${SLICES}/${name}`, slice('web', name));
  server.put(`${SLICES}/web-local`, slice('web', 'web-local', 'endpointslice-controller.k8s.io'));
  server.put(`${ENDPOINTS}/web`, endpoints('web', true));
  server.put(`${ENDPOINTS}/other`, endpoints('other', false));
}

function metadataAt(server: SimulatedServer, path: string): JsonObject {
  return (server.objects.get(path)?.['metadata'] ?? {}) as JsonObject;
}

/** Lets a promise and the clock run to the end. */
async function finish<T>(clock: FakeClock, work: Promise<T>, ms = 60_000): Promise<T> {
  void clock.advance(ms);
  return work;
}

/** Mirrors as Kubernetes does, as soon as the label is gone. */
function mirroring(server: SimulatedServer, name = 'web'): void {
  server.intercept = (verb, path) => {
    if (verb === 'list' && path.endsWith('/endpointslices')) {
      const labels = (server.objects.get(`${ENDPOINTS}/${name}`)?.['metadata'] as JsonObject | undefined)?.[
        'labels'
      ];
      const skip = (labels as JsonObject | undefined)?.['endpointslice.kubernetes.io/skip-mirror'];
      if (skip === undefined) server.put(`${SLICES}/${name}-mirror`, slice(name, `${name}-mirror`, MIRROR));
    }
    return undefined;
  };
}

describe('cleanup', () => {
  it('gives the Endpoints back first, then deletes our slices and nothing else; a second run finds nothing', async () => {
    const { clock, server, start } = newWorld();
    fill(server);
    mirroring(server);
    assert.deepEqual(await finish(clock, start()), [
      'done: Endpoints shop/web: label endpointslice.kubernetes.io/skip-mirror removed',
      'done: EndpointSlice shop/web-a-0: deleted',
      'done: EndpointSlice shop/web-a-1: deleted',
    ]);
    const { labels, annotations } = metadataAt(server, `${ENDPOINTS}/web`);
    assert.deepEqual(labels, { team: 'net' });
    assert.deepEqual(annotations, { 'federation.tigera.io/serviceSelector': 'app == "web"' });
    const other = metadataAt(server, `${ENDPOINTS}/other`)['labels'] as JsonObject;
    assert.equal(other['endpointslice.kubernetes.io/skip-mirror'], 'true', 'somebody else set it');
    assert.deepEqual([...server.objects.keys()].sort(), [
      `${ENDPOINTS}/other`,
      `${ENDPOINTS}/web`,
      `${SLICES}/web-local`,
      `${SLICES}/web-mirror`,
    ]);
    assert.match(
      JSON.stringify(server.objects.get(`${ENDPOINTS}/other`)),
      /"skip-mirror":"true"|skip-mirror/,
    );
    assert.deepEqual(await finish(clock, start()), []);
  });

  it('writes nothing in a dry run and says what it would do', async () => {
    const { clock, server, start } = newWorld();
    fill(server);
    server.put(LEASE_PATH, { metadata: LEASE, spec: { holderIdentity: 'pod-1', leaseDurationSeconds: 15 } });
    assert.deepEqual(await finish(clock, start(true)), [
      'note: Lease calico-system/fedsyncd: is held by pod-1: while it is, cleanup refuses to do anything',
      'planned: Endpoints shop/web: label endpointslice.kubernetes.io/skip-mirror would be removed',
      'planned: EndpointSlice shop/web-a-0: would be deleted',
      'planned: EndpointSlice shop/web-a-1: would be deleted',
    ]);
    assert.ok(server.log.every((line) => /^(get|list) /.test(line)));
  });

  it('refuses while a daemon holds the Lease, however wrong the clocks are, and works once it was released', async () => {
    const { clock, server, start } = newWorld();
    fill(server);
    mirroring(server);
    const elector = new LeaderElector(server.client(), {
      lease: LEASE,
      identity: 'pod-1',
      timings: LEASE_TIMINGS,
      clock: { ...methods(clock), now: () => 0 },
      random,
      report: () => {},
    });
    const stop = new AbortController();
    const done = elector.run(stop.signal);
    await clock.advance(100);
    const before = server.log.length;
    assert.deepEqual(await finish(clock, start(), 5000), [
      'note: Lease calico-system/fedsyncd: names pod-1 as the holder; looking whether it is alive',
      'refused: Lease calico-system/fedsyncd: is held by pod-1: stop fedsyncd first (scale its Deployment to 0)',
    ]);
    const writes = server.log.slice(before).filter((line) => !/^(get|list) |leases/.test(line));
    assert.deepEqual(writes, []);
    stop.abort();
    await done;
    await elector.release(new AbortController().signal);
    assert.equal((await finish(clock, start())).length, 3);
  });

  it('goes on when the holder shows no life for as long as its Lease lasts', async () => {
    const { clock, server, start } = newWorld();
    server.put(`${SLICES}/web-a-0`, slice('web', 'web-a-0'));
    const spec = {
      holderIdentity: 'dead',
      leaseDurationSeconds: 15,
      renewTime: '2099-01-01T00:00:00.000000Z',
    };
    server.put(LEASE_PATH, { metadata: LEASE, spec });
    const lines = start();
    await clock.advance(14_000);
    assert.ok(server.objects.has(`${SLICES}/web-a-0`));
    await clock.advance(2_000);
    assert.deepEqual((await lines).slice(1), ['done: EndpointSlice shop/web-a-0: deleted']);
  });

  it('touches nothing when the Lease cannot be read', async () => {
    const { clock, server, start } = newWorld();
    fill(server);
    server.intercept = () => new WriteError('forbidden', 'leases is forbidden');
    assert.deepEqual(await finish(clock, start()), [
      'refused: Lease calico-system/fedsyncd: cannot be read, so nothing is touched: leases is forbidden',
    ]);
  });

  it('tries again after conflicts and 429, spares what is not ours any more, and reports what it may not do', async () => {
    const { clock, server, start } = newWorld();
    for (const name of ['busy', 'new', 'taken', 'locked'])
      server.put(`${SLICES}/${name}`, slice('web', name));
    let throttled = 0;
    server.intercept = (verb, path) => {
      if (verb === 'remove' && path.endsWith('/busy') && throttled++ < 2)
        return new WriteError('throttled', 'busy', 3000);
      if (verb === 'remove' && path.endsWith('/locked')) return new WriteError('forbidden', 'not you');
      if (verb === 'remove' && path.endsWith('/new') && throttled < 9) {
        throttled = 9;
        server.put(path, slice('web', 'new'));
      }
      if (verb === 'list' && path.includes('discovery') && throttled === 0) {
        queueMicrotask(() => server.put(`${SLICES}/taken`, slice('web', 'taken', 'somebody.else')));
      }
      return undefined;
    };
    assert.deepEqual(await finish(clock, start()), [
      'done: EndpointSlice shop/busy: deleted',
      'done: EndpointSlice shop/new: deleted',
      'gone: EndpointSlice shop/taken: is gone already',
      'failed: EndpointSlice shop/locked: not you',
    ]);
    assert.deepEqual([...server.objects.keys()].sort(), [`${SLICES}/locked`, `${SLICES}/taken`]);
  });

  it('keeps the slices of a service that nothing else serves yet', async () => {
    const { clock, server, start } = newWorld();
    fill(server);
    server.put(`${ENDPOINTS}/api`, endpoints('api', true));
    server.put(`${SLICES}/api-0`, slice('api', 'api-0'));
    server.intercept = (verb, path) =>
      verb === 'merge' && path.endsWith('/api') ? new WriteError('invalid', 'no') : undefined;
    const lines = await finish(clock, start());
    assert.deepEqual(lines.slice(0, 3), [
      'done: Endpoints shop/web: label endpointslice.kubernetes.io/skip-mirror removed',
      'failed: Endpoints shop/api: no',
      'note: Endpoints shop/web: is not mirrored 15 s after its label was removed: look for kube-controller-manager',
    ]);
    assert.equal(lines.filter((line) => /^failed: EndpointSlice .*was kept/.test(line)).length, 3);
    assert.ok(server.objects.has(`${SLICES}/web-a-0`) && server.objects.has(`${SLICES}/api-0`));
    server.intercept = undefined;
    mirroring(server, 'api');
    const again = await finish(clock, start());
    assert.equal(again.filter((line) => line.startsWith('done: EndpointSlice')).length, 3);
  });

  it('says so when slices come back while it works', async () => {
    const { clock, server, start } = newWorld();
    server.put(`${SLICES}/web-a-0`, slice('web', 'web-a-0'));
    server.intercept = (verb) => {
      if (verb === 'remove') server.put(`${SLICES}/web-a-9`, slice('web', 'web-a-9'));
      return undefined;
    };
    assert.match(
      String((await finish(clock, start())).at(-1)),
      /^failed: EndpointSlice shop\/web-a-9: was written during/,
    );
  });

  it('ends when it is told to', async () => {
    const { clock, server, stop, start } = newWorld();
    server.put(LEASE_PATH, { metadata: LEASE, spec: { holderIdentity: 'dead', leaseDurationSeconds: 15 } });
    const lines = start();
    await clock.advance(3000);
    stop.abort(new Error('enough'));
    await assert.rejects(lines, /enough/);
    assert.equal(clock.pending, 0);
  });
});

function methods(clock: FakeClock) {
  return {
    monotonic: () => clock.monotonic(),
    sleep: (ms: number, signal: AbortSignal) => clock.sleep(ms, signal),
    after: (ms: number, work: () => void) => clock.after(ms, work),
  };
}
