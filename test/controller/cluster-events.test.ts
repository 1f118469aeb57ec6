import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ClusterStatus } from '../../src/contract/cluster-status.ts';
import { ClusterEvents } from '../../src/controller/cluster-events.ts';
import { EventRecorder } from '../../src/controller/events/event-recorder.ts';
import { eventType, isClusterReason } from '../../src/controller/events/event-reasons.ts';
import { STATUS_REASONS, type StatusReason } from '../../src/model/status.ts';
import { openGate } from '../../src/controller/election/open-gate.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { cluster } from '../telemetry/fleet-fixture.ts';
import { SimulatedServer } from './election/simulated-api.ts';

const TICK_MS = 500;
const MINUTE = 60_000;
const stops: (() => Promise<void>)[] = [];

type Over = Partial<ClusterStatus>;

const SYNCED: Over = { status: 'InSync', reason: 'Synced', message: 'in sync' };
const LISTING: Over = { status: 'ResyncInProgress', reason: 'Listing', message: 'listing services' };
const RELISTING: Over = { status: 'ResyncInProgress', reason: 'Relisting', message: 'listing pods again' };
const CUT: Over = { status: 'NotConnecting', reason: 'Unreachable', message: 'pods: the connection was cut' };
const SECRETLESS: Over = { status: 'ConfigIncomplete', reason: 'SecretNotFound', message: 'Secret a/b' };

/** With a real recorder before a simulated API server; a tick is a look at all clusters. */
class Told {
  readonly clock = new FakeClock();
  readonly server = new SimulatedServer(this.clock);
  readonly clusters = new Map<string, ClusterStatus>();
  mayWrite = true;
  recorder = this.#newRecorder();
  #events = this.#newEvents();
  #read = 0;

  /** It remembers nothing of the one before. */
  newProcess(): void {
    this.recorder = this.#newRecorder();
    this.#events = this.#newEvents();
  }

  #newEvents(): ClusterEvents {
    const { recorder, clock } = this;
    return new ClusterEvents({ recorder, mayWrite: () => this.mayWrite, clock });
  }

  #newRecorder(): EventRecorder {
    const stop = new AbortController();
    const recorder = new EventRecorder(this.server.client(), {
      source: { component: 'fedsyncd', instance: 'fedsyncd-0' },
      gate: openGate('me', 5000),
      dryRun: false,
      clock: this.clock,
      random: seededRandom(1),
      onFailure: (message) => assert.fail(message),
    });
    const done = recorder.run(stop.signal);
    stops.push(async () => {
      stop.abort();
      await done;
    });
    return recorder;
  }

  set(name: string, over: Over): void {
    const { since } = { since: this.clock.now(), ...over };
    const object = { apiVersion: 'projectcalico.org/v3', uid: `uid-${name}` };
    this.clusters.set(name, cluster(name, { object, ...over, since }));
  }

  async ticks(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#events.look([...this.clusters.values()]);
      await this.clock.advance(TICK_MS);
    }
  }

  /** Events written since the last call, the newest last: `Warning Unreachable east: message`, counted up with ` x2`. */
  written(): readonly string[] {
    const paths = this.server.log
      .slice(this.#read)
      .filter((line) => /^(create|merge) /.test(line))
      .map((line) => line.slice(line.indexOf(' ') + 1));
    this.#read = this.server.log.length;
    return [...new Set(paths.toReversed())].toReversed().map((path) => {
      const { type, reason, message, involvedObject, count } = this.server.objects.get(path) ?? {};
      const { name } = involvedObject as { readonly name: string };
      return `${String(type)} ${String(reason)} ${name}: ${String(message)}${count === 1 ? '' : ` x${String(count)}`}`;
    });
  }

  /** Sets each, with a look after it, and answers what was written. */
  async through(...states: readonly Over[]): Promise<readonly string[]> {
    for (const state of states) {
      this.set('east', state);
      await this.ticks();
    }
    return this.written();
  }
}

describe('ClusterEvents', () => {
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  it('are about the RemoteClusterConfiguration, in the namespace where kubectl looks for them', async () => {
    const told = new Told();
    await told.through(SYNCED);
    const [[path, event] = ['', {}]] = told.server.objects;
    assert.match(path, /^\/api\/v1\/namespaces\/default\/events\/east\.[0-9a-f]{16}$/);
    assert.deepEqual(event['involvedObject'], {
      apiVersion: 'projectcalico.org/v3',
      kind: 'RemoteClusterConfiguration',
      name: 'east',
      uid: 'uid-east',
    });
  });

  it('tell a start by its end, a failure, and the return at once, also of what was said a moment ago', async () => {
    const told = new Told();
    const starting: Over = { status: 'Connecting', reason: 'Starting' };
    assert.deepEqual(await told.through(starting, LISTING, SYNCED), ['Normal Synced east: in sync']);
    assert.deepEqual(await told.through(CUT), ['Warning Unreachable east: pods: the connection was cut']);
    assert.deepEqual(await told.through(RELISTING, SYNCED), ['Normal Synced east: in sync x2']);
  });

  it('tell nothing of what is as it was told, whatever comes in between that is not told', async () => {
    const told = new Told();
    await told.through(SYNCED);
    const missing: Over = { ...SYNCED, reason: 'SourceMissing', message: 'the CRD is gone' };
    assert.deepEqual(await told.through(SYNCED, RELISTING, SYNCED, missing, SYNCED), []);
    await told.through(CUT);
    assert.deepEqual(await told.through({ ...CUT, message: 'services: no route' }, LISTING, CUT), []);
  });

  it('tell a change of the reason alone, and another message of a configuration that cannot be used', async () => {
    const told = new Told();
    const budget: Over = { ...SYNCED, reason: 'BudgetExceeded', message: 'new objects are left out' };
    assert.deepEqual(await told.through(SYNCED, budget), [
      'Normal Synced east: in sync',
      'Warning BudgetExceeded east: new objects are left out',
    ]);
    assert.deepEqual(await told.through(SECRETLESS, { ...SECRETLESS, message: 'Secret a/c' }), [
      'Warning SecretNotFound east: Secret a/b',
      'Warning SecretNotFound east: Secret a/c',
    ]);
  });

  it('forget clusters that are gone, and tell anew of an RCC that was made again', async () => {
    const told = new Told();
    await told.through(SYNCED);
    told.clusters.clear();
    await told.ticks();
    assert.deepEqual(await told.through(SYNCED), ['Normal Synced east: in sync x2']);
    const object = { apiVersion: 'projectcalico.org/v3', uid: 'another' };
    assert.deepEqual(await told.through({ ...SYNCED, object, since: 0 }), ['Normal Synced east: in sync']);
  });

  it('need an object of the Kubernetes API', async () => {
    const told = new Told();
    const { object: _, ...fromFile } = cluster('filed', CUT);
    told.clusters.set('filed', fromFile);
    told.set('bare', { ...CUT, object: { apiVersion: 'projectcalico.org/v3', uid: '' } });
    await told.ticks();
    assert.deepEqual(told.written(), []);
  });

  it('are bounded for a cluster that fails and returns all the time, and end with how it is', async () => {
    const told = new Told();
    for (let i = 0; i < 600; i++) await told.through(i % 2 === 0 ? SYNCED : CUT);
    const inFiveMinutes = told.server.log.filter((line) => !line.startsWith('get')).length;
    assert.ok(inFiveMinutes >= 8 && inFiveMinutes <= 11, `${inFiveMinutes} writes`);
    for (const [state, reason] of [
      [CUT, 'Unreachable'],
      [SYNCED, 'Synced'],
    ] as const) {
      told.set('east', state);
      await told.ticks((2 * MINUTE) / TICK_MS);
      const newest = [...told.server.objects.values()].toSorted((a, b) =>
        String(b['lastTimestamp']).localeCompare(String(a['lastTimestamp'])),
      );
      assert.equal(newest[0]?.['reason'], reason);
    }
  });

  it('bound a start with many clusters, tell failures first, and drop none', async () => {
    const told = new Told();
    for (let i = 0; i < 250; i++) told.set(`c${i}`, i < 200 ? SYNCED : CUT);
    let longest = 0;
    for (let second = 0; second < 150; second++) {
      await told.ticks(2);
      longest = Math.max(longest, told.recorder.queued);
      const before = told.server.log.length;
      assert.ok(before <= 25 + 2 * (second + 1), `${before} writes in ${second + 1} s`);
    }
    assert.ok(longest > 40 && longest <= 50, `${longest} waited`);
    assert.deepEqual(told.recorder.counts, { written: 250, repeated: 0, limited: 0, failed: 0 });
    const written = told.written();
    assert.ok(written.slice(0, 50).every((line) => line.startsWith('Warning Unreachable')));
    assert.ok(written.slice(50).every((line) => line.startsWith('Normal Synced')));
  });

  it('count up over a restart what is told again, which long being in sync is not', async () => {
    const told = new Told();
    told.set('east', SYNCED);
    told.set('west', CUT);
    await told.ticks();
    told.newProcess();
    await told.ticks();
    assert.deepEqual(told.written(), [
      'Warning Unreachable west: pods: the connection was cut x2',
      'Normal Synced east: in sync x2',
    ]);
    await told.clock.advance(6 * MINUTE);
    told.newProcess();
    await told.ticks();
    assert.deepEqual(told.written(), ['Warning Unreachable west: pods: the connection was cut x3']);
    assert.deepEqual(await told.through(CUT), ['Warning Unreachable east: pods: the connection was cut']);
  });

  it('tell nothing while another process writes, and then how it is', async () => {
    const told = new Told();
    told.mayWrite = false;
    assert.deepEqual(await told.through(SYNCED, SECRETLESS, CUT), []);
    assert.equal(told.recorder.queued, 0);
    told.mayWrite = true;
    await told.ticks(2);
    assert.deepEqual(told.written(), ['Warning Unreachable east: pods: the connection was cut']);
    // What the other one told in between is not known.
    told.mayWrite = false;
    await told.ticks();
    told.mayWrite = true;
    await told.ticks();
    assert.deepEqual(told.written(), ['Warning Unreachable east: pods: the connection was cut x2']);
  });

  it('have a type for every reason of a status, and leave out only steps and the source', () => {
    const reasons = Object.keys(STATUS_REASONS) as StatusReason[];
    assert.deepEqual(
      reasons.filter((reason) => !isClusterReason(reason)),
      ['Starting', 'Listing', 'Relisting', 'SourceMissing'],
    );
    assert.deepEqual(
      reasons.filter((reason) => isClusterReason(reason) && eventType(reason) === 'Normal'),
      ['Synced', 'IdentityOnly', 'PartiallyForbidden'],
    );
    assert.ok(reasons.every((reason) => /^[A-Z][A-Za-z]+$/.test(reason)));
  });
});
