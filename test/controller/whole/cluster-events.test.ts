import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import { type Which, World } from './world.ts';

const CRD = join(import.meta.dirname, '../../../manifests/rcc-crd-v3.yaml');
const RCCS = '/apis/projectcalico.org/v3/remoteclusterconfigurations';
const EVENTS = '/api/v1/namespaces/default/events';
const FROM_API = '--rcc-source=kubernetes,directory';
const QUICK = ['--lease-duration=3s', '--renew-deadline=2s', '--retry-period=200ms'];

interface EventObject {
  readonly reason: string;
  readonly type: string;
  readonly count: number;
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid: string };
}

withServers('Events on RemoteClusterConfigurations', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let world: World;
  const running: DaemonProcess[] = [];

  before(async () => {
    world = await World.start(rig, { controllers: false });
    await world.local.apply({ file: CRD });
    await world.namespace('shop');
  });

  afterEach(async () => {
    for (const daemon of running.splice(0)) await daemon.stop();
    await world.local.call('DELETE', RCCS);
    await world.local.call('DELETE', EVENTS);
  });
  after(() => world?.end());

  async function start(which: Which, ...flags: readonly string[]): Promise<DaemonProcess> {
    const daemon = await world.daemonAs(which, FROM_API, ...flags);
    running.push(daemon);
    return daemon;
  }

  /** @returns the UID */
  async function create(name: string, kubeconfigInline = world.remote('east').kubeconfig('reader')) {
    const answer = await world.local.call('POST', RCCS, {
      apiVersion: 'projectcalico.org/v3',
      kind: 'RemoteClusterConfiguration',
      metadata: { name },
      spec: { datastoreType: 'kubernetes', kubeconfigInline },
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return String(answer.body.metadata.uid);
  }

  async function patch(name: string, kubeconfigInline: string): Promise<void> {
    const answer = await world.local.call('PATCH', `${RCCS}/${name}`, { spec: { kubeconfigInline } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }

  async function eventsOf(uid: string): Promise<readonly EventObject[]> {
    const { items } = (await world.local.call('GET', EVENTS)).body as { items: readonly EventObject[] };
    return items.filter(({ involvedObject }) => involvedObject.uid === uid);
  }

  /** `kubectl describe` shows it: `Normal Synced`, with the message, and counted up if it is to be. */
  async function untilDescribed(name: string, what: RegExp): Promise<void> {
    let text = '';
    await until(
      `the Event ${String(what)}`,
      async () => {
        text = await world.local.kubectl(['describe', 'remoteclusterconfiguration', name]);
        return what.test(text);
      },
      { timeoutMs: 30_000, everyMs: 250 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${text.slice(text.indexOf('Events:'))}`);
    });
  }

  it('tell that it is in sync, that its remote is away with the reason, and that it is back', async () => {
    const uid = await create('east');
    await start('first');
    await untilDescribed('east', /Normal +Synced +\S+ +fedsyncd +in sync\n/);
    await world.remote('east').kill();
    await untilDescribed('east', /Warning +(Unreachable|ConnectionRefused) +.*fedsyncd +\S+: .+\n/);
    await world.remote('east').restart();
    await untilDescribed('east', /Normal +Synced +\S+ \(x\d+ over \S+\) +fedsyncd +in sync\n/);
    const events = await eventsOf(uid);
    assert.deepEqual(
      [...new Set(events.map(({ involvedObject }) => involvedObject.kind))],
      ['RemoteClusterConfiguration'],
    );
    const reasons = new Set(events.map(({ reason }) => reason));
    for (const step of ['Starting', 'Listing', 'Relisting']) assert.ok(!reasons.has(step), step);
  });

  it('tell what is wrong with a configuration, and of a duplicate; an RCC that is made again has its own', async () => {
    await start('first');
    const uid = await create('east');
    await untilDescribed('east', /Normal +Synced/);
    await patch('east', '');
    await untilDescribed('east', /Warning +InvalidConfig +\S+ +fedsyncd +spec[.:]/);
    await patch('east', world.remote('east').kubeconfig('reader'));
    await untilDescribed('east', /Normal +Synced +\S+ \(x\d+ over/);
    await create('twin');
    await untilDescribed('twin', /Warning +DuplicateOf +\S+ +fedsyncd +the same cluster as east/);
    await world.local.call('DELETE', `${RCCS}/twin`);
    await world.local.call('DELETE', `${RCCS}/east`);
    const again = await create('east');
    assert.notEqual(again, uid);
    await until('an Event of the new one', async () =>
      (await eventsOf(again)).some(({ reason }) => reason === 'Synced'),
    );
  });

  it('are written by the leader alone, and in a dry run by nobody', async () => {
    const uid = await create('east');
    const dry = await start('first', '--dry-run');
    await dry.untilStatus('east', 'InSync');
    // Planned after a look at the clusters that had everything to tell.
    await world.in().backing('shop/web', ['10.0.0.1']);
    await world.in().federated('shop/all', "app == 'web'");
    await until('a plan', () => dry.lines.some(({ event }) => event === 'write.planned'));
    await dry.stop();
    assert.deepEqual(await eventsOf(uid), []);

    const leader = await start('first', ...QUICK);
    await until('it to lead', () => leader.lines.some(({ event }) => event === 'leader.acquired'));
    const standby = await start('second', ...QUICK);
    await standby.untilStatus('east', 'InSync');
    await untilDescribed('east', /Normal +Synced/);
    await world.remote('east').kill();
    for (const daemon of [leader, standby]) await daemon.untilStatus('east', 'NotConnecting');
    await world.remote('east').restart();
    for (const daemon of [leader, standby]) await daemon.untilStatus('east', 'InSync');
    await untilDescribed('east', /Normal +Synced +\S+ \(x\d+ over/);
    const requests = (await world.audit.since(0)).filter(
      ({ verb, objectRef }) => objectRef?.resource === 'events' && verb !== 'get',
    );
    const writers = new Set(requests.flatMap(({ user }) => user.groups ?? []));
    assert.deepEqual([writers.has('first'), writers.has('second')], [true, false]);
  });
});
