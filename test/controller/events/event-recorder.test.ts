import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { type WriteProblem, WriteError } from '../../../src/contract/local-api.ts';
import type { EventReason } from '../../../src/controller/events/event-reasons.ts';
import { EventRecorder, type EventRecorderOptions } from '../../../src/controller/events/event-recorder.ts';
import { type ObjectReference, serviceReference } from '../../../src/controller/events/object-event.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { SimulatedServer } from '../election/simulated-api.ts';

const WEB = serviceReference({ namespace: 'shop', name: 'web', uid: 'u1' });
const MINUTE = 60_000;

class TestGate {
  readonly holder = 'me';
  readonly #listeners = new Set<(open: boolean) => void>();
  #open: boolean;

  constructor(open: boolean) {
    this.#open = open;
  }

  budgetMs(): number {
    return this.#open ? 8000 : 0;
  }

  onChange(listener: (open: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(open: boolean): void {
    this.#open = open;
    for (const listener of this.#listeners) listener(open);
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

const stops: (() => Promise<void>)[] = [];

function start(options: Partial<EventRecorderOptions> = {}, gate = new TestGate(true)) {
  const clock = new FakeClock();
  const server = new SimulatedServer(clock);
  const failures: string[] = [];
  const newRecorder = () => {
    const recorder = new EventRecorder(server.client(), {
      source: { component: 'fedsyncd', instance: 'fedsyncd-0' },
      gate,
      dryRun: false,
      clock,
      random: seededRandom(1),
      onFailure: (message) => failures.push(message),
      ...options,
    });
    const stop = new AbortController();
    const done = recorder.run(stop.signal);
    stops.push(async () => {
      stop.abort();
      await done;
    });
    return recorder;
  };
  const recorder = newRecorder();
  const events = () => [...server.objects.values()];
  const say = (message: string, object: ObjectReference = WEB, reason: EventReason = 'AddressRefused') =>
    recorder.record({ object, reason, message });
  return { clock, server, failures, gate, recorder, newRecorder, events, say };
}

describe('EventRecorder', () => {
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  it('writes a core/v1 Event that is bounded and printable', async () => {
    const { clock, recorder, events, server } = start();
    recorder.record({ object: WEB, reason: 'BadServiceSelector', message: `a\u001b[31m${'x'.repeat(3000)}` });
    await clock.advance(0);
    const [event] = events();
    const { metadata, message, ...rest } = event ?? {};
    assert.deepEqual(rest, {
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'web', uid: 'u1' },
      type: 'Warning',
      reason: 'BadServiceSelector',
      count: 1,
      firstTimestamp: '2023-11-14T22:13:20Z',
      lastTimestamp: '2023-11-14T22:13:20Z',
      source: { component: 'fedsyncd' },
      reportingComponent: 'fedsyncd',
      reportingInstance: 'fedsyncd-0',
    });
    assert.equal(String(message).length, 1024);
    assert.match(String(message), /^a \[31mx+…$/);
    assert.match(JSON.stringify(metadata), /"namespace":"shop","name":"web\.[0-9a-f]{16}"/);
    assert.equal(server.log.length, 1);
  });

  it('counts the same up, in one write after some minutes', async () => {
    const { clock, recorder, events, server, say } = start();
    for (let i = 0; i < 5; i++) say('127.0.0.1 of alpha is a loopback address');
    await clock.advance(1000);
    assert.equal(events()[0]?.['count'], 5);
    say('127.0.0.1 of alpha is a loopback address');
    await clock.advance(4 * MINUTE);
    assert.equal(server.log.length, 1, 'said a moment ago');
    await clock.advance(MINUTE);
    say('127.0.0.1 of alpha is a loopback address');
    await clock.advance(0);
    assert.deepEqual([events().length, events()[0]?.['count'], server.log.length], [1, 7, 2]);
    assert.equal(events()[0]?.['lastTimestamp'], '2023-11-14T22:18:21Z');
    assert.equal(events()[0]?.['firstTimestamp'], '2023-11-14T22:13:20Z');
    assert.deepEqual(recorder.counts, { written: 2, repeated: 5, limited: 0, failed: 0 });
  });

  it('counts up what an earlier run wrote, and writes anew what has expired', async () => {
    const { clock, newRecorder, events, server, say } = start();
    say('one');
    await clock.advance(0);
    const second = newRecorder();
    second.record({ object: WEB, reason: 'AddressRefused', message: 'one' });
    await clock.advance(0);
    assert.deepEqual([events().length, events()[0]?.['count']], [1, 2]);
    await clock.advance(6 * MINUTE);
    say('one');
    await clock.advance(0);
    assert.equal(events()[0]?.['count'], 3, 'its resourceVersion was outdated');
    server.objects.clear();
    await clock.advance(6 * MINUTE);
    say('one');
    await clock.advance(0);
    assert.deepEqual([events().length, events()[0]?.['count']], [1, 1]);
  });

  it('keeps objects, reasons and messages apart, and puts what has no namespace into default', async () => {
    const { clock, events, say } = start();
    say('m');
    say('n');
    say('m', WEB, 'SliceRefused');
    say('m', { ...WEB, uid: 'u2' });
    const name = `${'x'.repeat(235)}-${'y'.repeat(10)}`;
    say('m', {
      apiVersion: 'projectcalico.org/v3',
      kind: 'RemoteClusterConfiguration',
      namespace: '',
      name,
      uid: '',
    });
    await clock.advance(10_000);
    assert.equal(events().length, 5);
    const last = events().at(-1) ?? {};
    assert.match(JSON.stringify(last['metadata']), /"namespace":"default","name":"x{235}\.[0-9a-f]{16}"/);
    assert.deepEqual(last['involvedObject'], {
      apiVersion: 'projectcalico.org/v3',
      kind: 'RemoteClusterConfiguration',
      name,
    });
  });

  it('bounds what is said about one object, in all, and what waits', async () => {
    const { clock, recorder, events, say } = start({ limits: { queue: 60, burst: 5, everyMs: 1000 } });
    for (let i = 0; i < 50; i++) say(`message ${i}`);
    await clock.advance(0);
    assert.equal(recorder.counts.limited, 40, 'ten about one object');
    assert.equal(events().length, 5);
    await clock.advance(5000);
    assert.equal(events().length, 10);
    for (let i = 0; i < 100; i++)
      say('m', serviceReference({ namespace: 'shop', name: `s${i}`, uid: `${i}` }));
    assert.equal(recorder.queued, 60);
    assert.equal(recorder.counts.limited, 80);
    await clock.advance(5 * MINUTE);
    assert.equal(recorder.queued, 0);
    say('one more about web');
    await clock.advance(1000);
    assert.equal(events().length, 71);
  });

  it('waits while the gate is closed, forgets what gets too old there, and writes nothing in a dry run', async () => {
    const gate = new TestGate(false);
    const { clock, recorder, server, events, say } = start({}, gate);
    say('old');
    await clock.advance(4 * MINUTE);
    say('new');
    await clock.advance(2 * MINUTE);
    assert.equal(server.log.length, 0);
    gate.set(true);
    await clock.advance(0);
    assert.deepEqual(
      events().map((event) => event['message']),
      ['new'],
    );
    assert.equal(recorder.counts.limited, 1);
    const dry = start({ dryRun: true });
    dry.say('x');
    await dry.clock.advance(1000);
    assert.deepEqual([dry.server.log.length, dry.recorder.queued], [0, 0]);
  });

  it('writes a state at once although it was said before, after what waits', async () => {
    const { clock, recorder, server, events, say } = start({ limits: { burst: 1, everyMs: 1000 } });
    const state = (message: string) =>
      recorder.record({ object: WEB, reason: 'AddressRefused', message, isState: true });
    const newest = () =>
      events().toSorted(
        (a, b) => Date.parse(String(b['lastTimestamp'])) - Date.parse(String(a['lastTimestamp'])),
      )[0];
    for (const message of ['up', 'down', 'up', 'down', 'up']) assert.equal(state(message), true);
    await clock.advance(5000);
    assert.deepEqual([newest()?.['message'], newest()?.['count'], events().length], ['up', 3, 2]);
    state('down');
    await clock.advance(5000);
    assert.deepEqual([newest()?.['message'], newest()?.['count'], recorder.queued], ['down', 3, 0]);
    for (let i = 0; i < 8; i++) say(`message ${i}`);
    assert.equal(state('one too many'), false);
    await clock.advance(20_000);
    // Said again while it is being written.
    server.intercept = () => {
      server.intercept = undefined;
      state('up');
      return undefined;
    };
    state('up');
    await clock.advance(5000);
    assert.deepEqual([newest()?.['message'], newest()?.['count'], recorder.queued], ['up', 5, 0]);
  });

  it('tries again what may pass, forgets the rest, and reports the first failure', async () => {
    const { clock, recorder, server, failures, events, say } = start();
    let problem: WriteProblem | undefined = 'throttled';
    server.intercept = () => problem && new WriteError(problem, `it is ${problem}`, 2000);
    say('a');
    await clock.advance(0);
    assert.deepEqual([server.log.length, recorder.queued], [1, 1]);
    await clock.advance(1900);
    assert.equal(server.log.length, 1, 'not before the time that the server asked for');
    await clock.advance(100);
    assert.equal(server.log.length, 2);
    problem = undefined;
    await clock.advance(10_000);
    assert.equal(events().length, 1);
    problem = 'terminating';
    say('b');
    await clock.advance(0);
    assert.deepEqual(failures, ['it is throttled']);
    problem = 'forbidden';
    say('c');
    say('d');
    await clock.advance(0);
    assert.deepEqual(failures, ['it is throttled', 'it is forbidden']);
    assert.deepEqual(recorder.counts, { written: 1, repeated: 0, limited: 0, failed: 3 });
    assert.equal(recorder.queued, 0);
  });

  it('ends without a trace', async () => {
    const { clock, gate, say } = start();
    say('a');
    await clock.advance(0);
    for (const stop of stops.splice(0)) await stop();
    assert.deepEqual([clock.pending, gate.listeners], [0, 0]);
  });
});
