import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { ElectionEvent } from '../../../src/controller/election/election-event.ts';
import { LeaderElector } from '../../../src/controller/election/leader-elector.ts';
import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { Exclusion } from './exclusion.ts';
import { connectTo } from './real-api.ts';

const TIMINGS = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 300 };
const { signal: forever } = new AbortController();

interface Candidate {
  readonly elector: LeaderElector;
  readonly events: ElectionEvent[];
  /** Ends `run`; releases if asked. */
  stop(release: boolean): Promise<void>;
}

/** An hour late or early: nobody may care. */
function skewed(ms: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + ms };
}

withServers('LeaderElector on a real kube-apiserver', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let server: KubeApiserver | undefined;
  let running: Candidate[] = [];
  let exclusion = new Exclusion();
  let lease = { namespace: 'kube-system', name: '' };
  let number = 0;

  async function ready(): Promise<KubeApiserver> {
    server ??= await rig.kubeApiserver();
    return server;
  }

  async function start(identity: string, skewMs = 0, user = 'admin'): Promise<Candidate> {
    const { api, close } = await connectTo(await ready(), user);
    const events: ElectionEvent[] = [];
    const elector = new LeaderElector(api, {
      lease,
      identity,
      timings: TIMINGS,
      clock: skewed(skewMs),
      random: systemRandom,
      report: (event) => events.push(event),
    });
    exclusion.add(elector);
    const stop = new AbortController();
    const done = elector.run(stop.signal);
    let over = false;
    const candidate: Candidate = {
      elector,
      events,
      stop: async (release) => {
        if (over) return;
        over = true;
        stop.abort();
        await done;
        if (release) assert.equal(await elector.release(forever), true);
        await close();
      },
    };
    running.push(candidate);
    return candidate;
  }

  const leads = (candidate: Candidate, timeoutMs = 8000) =>
    until(`${candidate.elector.identity} leads`, () => candidate.elector.budgetMs() > 0, { timeoutMs });
  const read = async () => {
    const { namespace, name } = lease;
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
    return (await (await ready()).call('GET', path)).body.spec;
  };

  beforeEach(() => {
    exclusion = new Exclusion();
    lease = { namespace: 'kube-system', name: `fedsyncd-${++number}` };
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((candidate) => candidate.stop(false)));
    exclusion.assertHeld();
  });

  it('elects one of three at a time, through releases and kills, with clocks that are hours apart', async () => {
    const hour = 3_600_000;
    const candidates = [await start('a'), await start('b', hour), await start('c', -hour)];
    for (const abrupt of [false, true]) {
      await until('one leads', () => exclusion.leader, { timeoutMs: 8000 });
      const leader = candidates.find((candidate) => candidate.elector === exclusion.leader);
      assert.ok(leader);
      const began = performance.now();
      await leader.stop(!abrupt);
      const others = candidates.filter((candidate) => candidate !== leader);
      await until('the next leads', () => exclusion.leader, { timeoutMs: 8000 });
      const tookMs = performance.now() - began;
      if (abrupt) assert.ok(tookMs > 2400, `took over after ${tookMs} ms: before the Lease had ended`);
      else assert.ok(tookMs < 2400, `took over after ${tookMs} ms: a released Lease is free`);
      assert.ok(others.some((candidate) => candidate.elector === exclusion.leader));
    }
    assert.equal(exclusion.terms.length, 3);
    assert.equal((await read()).leaseTransitions, 2);
  });

  it('shows in kubectl who leads', async () => {
    await leads(await start('fedsyncd-7d9f-x2x4q_k3j9'));
    const table = await (await ready()).kubectl(['get', 'lease', '-n', lease.namespace, lease.name]);
    assert.match(table, /NAME +HOLDER +AGE\nfedsyncd-\d+ +fedsyncd-7d9f-x2x4q_k3j9 +\d+s/);
    const { acquireTime, renewTime, leaseDurationSeconds, leaseTransitions } = await read();
    for (const time of [acquireTime, renewTime]) {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    }
    assert.deepEqual([leaseDurationSeconds, leaseTransitions], [3, 0]);
  });

  it('closes before the Lease ends while the server is paused, and opens again', async () => {
    const a = await start('a');
    await leads(a);
    const b = await start('b');
    await until('b knows a', () => b.elector.holder === 'a');
    const api = await ready();
    api.pause();
    try {
      await until('a closed', () => a.elector.budgetMs() === 0, { timeoutMs: 5000 });
      await until('both say so', () => a.events.some(({ event }) => event === 'leader.lost'));
      assert.equal(b.elector.budgetMs(), 0);
    } finally {
      api.resume();
    }
    await until('one leads again', () => exclusion.leader, { timeoutMs: 10_000 });
  });

  it('lives through a restart of the server', async () => {
    const a = await start('a');
    const b = await start('b');
    await until('one leads', () => exclusion.leader);
    const api = await ready();
    await api.kill();
    await until('closed', () => exclusion.leader === undefined, { timeoutMs: 5000 });
    await api.restart();
    await until('one leads again', () => exclusion.leader, { timeoutMs: 20_000 });
    assert.ok([...a.events, ...b.events].some(({ event }) => event === 'lease.failed'));
  });

  it('reports that it may not, and leads when it may', async () => {
    const api = await ready();
    const a = await start('a', 0, 'nobody');
    const failed = await until('told', () => a.events.find(({ event }) => event === 'lease.failed'));
    assert.match(JSON.stringify(failed), /"problem":"forbidden".*leases.*forbidden/);
    await api.kubectl([
      'create',
      'clusterrole',
      'leases',
      '--verb=get,create,update',
      '--resource=leases.coordination.k8s.io',
    ]);
    await api.kubectl(['create', 'clusterrolebinding', 'leases', '--clusterrole=leases', '--user=nobody']);
    await leads(a, 10_000);
    assert.equal(a.events.at(-1)?.event, 'lease.resumed');
  });
});
