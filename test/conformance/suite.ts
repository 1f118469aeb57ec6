import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DatastoreError, type Reaction } from '../../src/contract/datastore-error.ts';
import type { StreamSink } from '../../src/contract/datastore.ts';
import { until, within } from '../rig/deadline.ts';
import { FastClock } from './fast-clock.ts';
import { Reader, RESOURCE, type Told } from './reader.ts';
import type { ConformanceRig } from './rig.ts';
import { identity, text, withoutRepeats } from './told.ts';
import { stateOf, Writer } from './writer.ts';

/** How soon everything is over after an abort or a close. */
const PROMPT_MS = 1_000;
/** A watch is given up after this time without a sign of life (`--idle-timeout`). */
const IDLE_MS = 90_000;

/**
 * What `contract/datastore.ts` promises, for one implementation. What its rig cannot do (an `undefined` method) is not
 * part of that implementation's suite. Call inside a `describe`.
 */
export function conformance(start: () => Promise<ConformanceRig>, can: readonly Capability[]): void {
  let rig: ConformanceRig;
  let writer: Writer;
  before(async () => {
    rig = await start();
    for (const capability of can) assert.ok(rig[capability] !== undefined, `the rig has ${capability}`);
  });
  after(() => rig.close?.());
  beforeEach(() => {
    writer = new Writer(rig);
  });
  afterEach(() => writer.clear());
  const context: SuiteContext = {
    rig: () => rig,
    writer: () => writer,
    open: (test, clock = new FastClock(paceOf(rig)), speed = paceOf(rig)) =>
      open(rig, test, { clock, speed }),
    caughtUp: (reader) => caughtUp(reader, writer),
  };
  describe('list and watch', () => listAndWatch(context));
  describe('abort and close', () => abortAndClose(context, can));
  if (can.includes('break')) describe('unreadable objects', () => unreadableObjects(context));
  if (can.includes('link')) describe('broken connections', () => brokenConnections(context));
  if (can.includes('expire')) describe('expired history', () => expiredHistory(context));
  if (can.includes('restart')) describe('restart of the server', () => restarts(context));
  if (can.includes('openForbidden')) describe('permissions', () => permissions(context));
}

export type Capability = 'break' | 'link' | 'expire' | 'restart' | 'openForbidden';

interface SuiteContext {
  rig(): ConformanceRig;
  writer(): Writer;
  /** A reader on a datastore of its own, closed with the test. */
  open(test: TestContext, clock?: FastClock, speed?: number): Promise<Reader>;
  /** Waits until the reader holds what was written. */
  caughtUp(reader: Reader): Promise<void>;
}

async function open(
  rig: ConformanceRig,
  test: TestContext,
  { clock, speed }: { readonly clock: FastClock; readonly speed: number },
): Promise<Reader> {
  const datastore = await rig.open({ clock, requestTimeoutMs: 5_000 * speed });
  test.after(() => datastore.close());
  return new Reader(datastore);
}

async function caughtUp(reader: Reader, writer: Writer): Promise<void> {
  try {
    await until('the reader to hold what was written', () => stateOf(reader.holds) === stateOf(writer.model));
  } catch {
    assert.equal(stateOf(reader.holds), stateOf(writer.model));
  }
}

function listAndWatch({ rig, writer, open, caughtUp }: SuiteContext): void {
  it('lists everything there is', async (test) => {
    const reader = await open(test);
    await reader.list();
    assert.equal(stateOf(reader.holds), '');
    await writer().put('a', 'b', 'c-1', 'c-10', 'c-1.d');
    await writer().delete('b');
    await listUntil(reader, rig(), () => stateOf(reader.holds) === stateOf(writer().model));
    for (const { id } of reader.told) assert.equal(id?.namespace, rig().namespace);
    await reader.watch().stop();
  });

  it('goes on from the list without a gap while others write', async (test) => {
    await writer().put(...names('old', 20));
    const enough = new AbortController();
    const write = async (): Promise<void> => {
      for (let i = 0; !enough.signal.aborted; i++) {
        await writer().put(`new-${i % 12}`, `old-${i % 20}`);
        await writer().delete(`new-${(i * 5) % 12}`, `old-${(i * 7) % 20}`);
      }
    };
    const running = write();
    try {
      for (let round = 0; round < 4; round++) {
        const reader = await open(test);
        await reader.list();
        const watch = reader.watch();
        const seen = reader.told.length;
        await until('changes', () => reader.told.length > seen + 10);
        if (round < 3) await watch.stop();
        else {
          enough.abort();
          await running;
          await caughtUp(reader);
          await watch.stop();
        }
      }
    } finally {
      enough.abort();
      await running;
    }
  });

  it('delivers what changes in the order of the source', async (test) => {
    const reader = await open(test);
    await reader.list();
    const watch = reader.watch();
    const wanted: string[] = [];
    for (let i = 0; i < 12; i++) {
      for (const name of ['x', 'y']) {
        await writer().put(name);
        wanted.push(`put ${name} ${writer().model.get(name)}`);
      }
      if (i % 4 === 3) {
        await writer().delete('x');
        wanted.push('delete x 0');
      }
    }
    await caughtUp(reader);
    await watch.stop();
    if (rig().coalesces) {
      const versions = reader.told.filter((told) => told.name === 'y').map((told) => told.version);
      assert.deepEqual(
        versions,
        versions.toSorted((a, b) => a - b),
      );
    } else {
      assert.deepEqual(withoutRepeats(reader.told), wanted);
    }
  });

  it('deletes exactly what was deleted', async (test) => {
    const reader = await open(test);
    const similar = ['web', 'web-1', 'web-1-0', 'web-10', 'web-1.a', 'web.a', 'web--1'];
    await writer().put(...similar);
    await reader.list();
    const watch = reader.watch();
    for (const name of similar) {
      const before = reader.told.findLast((told) => told.op === 'put' && told.name === name)?.id;
      const seen = reader.told.length;
      await writer().delete(name);
      await caughtUp(reader);
      const deleted = reader.told.slice(seen).find((told) => told.op === 'delete');
      assert.deepEqual(identity(deleted?.id), identity(before));
    }
    await watch.stop();
  });

  it('shows signs of life on a quiet watch', async (test) => {
    const speed = rig().quietSpeed;
    const reader = await open(test, new FastClock(speed), speed);
    await reader.list();
    const watch = reader.watch();
    await writer().put('a');
    await caughtUp(reader);
    for (let i = 0; i < (speed < 10 ? 1 : 3); i++) {
      const { contacts } = reader;
      const deadline = { timeoutMs: IDLE_MS / speed };
      await until('a sign of life', () => reader.contacts > contacts, deadline);
    }
    await writer().put('b');
    await caughtUp(reader);
    assert.equal(await Promise.race([watch.done, Promise.resolve('runs')]), 'runs');
    await watch.stop();
  });

  it('serves several readers, and tells who it is', async (test) => {
    const readers = [await open(test), await open(test)];
    const identities = await Promise.all(
      readers.map(({ datastore }) => datastore.identify(AbortSignal.timeout(5_000))),
    );
    assert.deepEqual(identities[0], identities[1]);
    await Promise.all(readers.map((reader) => reader.list()));
    const watches = readers.map((reader) => reader.watch());
    await writer().put('a', 'b');
    await writer().delete('a');
    for (const reader of readers) await caughtUp(reader);
    for (const watch of watches) await watch.stop();
  });
}

function abortAndClose({ rig, writer, open, caughtUp }: SuiteContext, can: readonly Capability[]): void {
  /** Nothing of the datastore is left. */
  const free = async (clock: FastClock): Promise<void> => {
    await until('no timers', () => clock.pending === 0, { timeoutMs: PROMPT_MS });
    const { link } = rig();
    if (link) await until('no connections', () => link.connections === 0, { timeoutMs: PROMPT_MS });
  };

  it('ends a watch at once when its signal aborts, and delivers nothing afterwards', async (test) => {
    const clock = new FastClock();
    const reader = await open(test, clock);
    await writer().put('a');
    await reader.list();
    const watch = reader.watch();
    await writer().put('b');
    await caughtUp(reader);
    await within('the end of the watch', watch.stop(), PROMPT_MS);
    assert.notEqual(await watch.done, 'ended');
    const seen = reader.told.length;
    await writer().put('c');
    await reader.list();
    const again = reader.watch();
    await caughtUp(reader);
    const told = reader.told.slice(seen).map(({ op, name }) => `${op} ${name}`);
    assert.deepEqual((rig().coalesces ? [...new Set(told)] : told).sort(), ['put a', 'put b', 'put c']);
    await again.stop();
    await reader.datastore.close();
    await free(clock);
  });

  it('does nothing for a signal that is aborted already', async (test) => {
    const clock = new FastClock();
    const reader = await open(test, clock);
    const reason = new Error('too late');
    const { datastore } = reader;
    const signal = AbortSignal.abort(reason);
    const request = { resource: RESOURCE, sink: reader, signal } as const;
    await reader.list();
    await reader.watch().stop();
    const revision = reader.revision ?? '';
    for (const call of [datastore.list(request), datastore.watch({ ...request, revision })]) {
      await within('the end of the call', call.then(String, String), PROMPT_MS);
    }
    await datastore.close();
    await free(clock);
  });

  it('frees everything when it is closed, twice, with calls under way', async (test) => {
    const clock = new FastClock();
    const reader = await open(test, clock);
    await reader.list();
    const watch = reader.watch();
    await writer().put('a');
    await caughtUp(reader);
    const { datastore } = reader;
    await within('close', Promise.all([datastore.close(), datastore.close()]), PROMPT_MS);
    assert.notEqual(await within('the end of the watch', watch.done, PROMPT_MS), 'ended');
    await free(clock);
  });

  it('frees everything when it was never used, and a list that was left', async (test) => {
    const clock = new FastClock();
    await (await open(test, clock)).datastore.close();
    const reader = await open(test, clock);
    const controller = new AbortController();
    const listing = reader.list(controller.signal).then(
      () => reader.watch().stop(),
      () => undefined,
    );
    controller.abort(new Error('left'));
    await within('the end of the list', listing, PROMPT_MS);
    await reader.datastore.close();
    await free(clock);
  });

  if (!can.includes('link')) return;
  it('ends calls at once when the server is silent', async (test) => {
    const clock = new FastClock();
    const reader = await open(test, clock);
    await reader.list();
    const watch = reader.watch();
    rig().link?.stall();
    try {
      const controller = new AbortController();
      const { signal } = controller;
      const calls = [
        reader.datastore.list({ resource: RESOURCE, sink: silent, signal }),
        reader.datastore.identify(signal),
      ].map((call) => call.then(String, String));
      setTimeout(() => controller.abort(new Error('enough')), 100);
      await within('the end of the calls', Promise.all(calls), PROMPT_MS);
      await within('the end of the watch', watch.stop(), PROMPT_MS);
      await within('close', reader.datastore.close(), PROMPT_MS);
      await until('no timers', () => clock.pending === 0, { timeoutMs: PROMPT_MS });
    } finally {
      rig().link?.resume();
    }
  });
}

function unreadableObjects({ rig, writer, open, caughtUp }: SuiteContext): void {
  const breakObject = async (name: string): Promise<void> => rig().break?.(name);

  it('passes over an unreadable object in a list', async (test) => {
    const reader = await open(test);
    await writer().put('a', 'b', 'c');
    await reader.list();
    await breakObject('b');
    const skipped = (): Told | undefined => reader.told.find(({ op }) => op === 'skip');
    await listUntil(reader, rig(), () => skipped() !== undefined);
    assert.equal(stateOf(reader.holds), stateOf(writer().model), 'what was known of it stays');
    assert.equal(skipped()?.name, 'b');
    await reader.watch().stop();
    const fresh = await open(test);
    await fresh.list();
    assert.deepEqual([...fresh.holds.keys()].sort(), ['a', 'c']);
    await fresh.watch().stop();
  });

  it('passes over an unreadable object in a watch, and reads it when it is whole again', async (test) => {
    const reader = await open(test);
    await writer().put('a', 'b');
    await reader.list();
    const watch = reader.watch();
    await breakObject('b');
    await writer().put('c');
    await caughtUp(reader);
    const skipped = reader.told.filter(({ op }) => op === 'skip').map(({ name }) => name);
    assert.deepEqual(rig().coalesces ? [...new Set(skipped)] : skipped, ['b']);
    await writer().put('b');
    await caughtUp(reader);
    await breakObject('a');
    await writer().delete('a');
    await caughtUp(reader);
    await watch.stop();
  });
}

function brokenConnections({ rig, writer, open, caughtUp }: SuiteContext): void {
  it('resumes from the last progress without loss and without repetition', async (test) => {
    const reader = await open(test);
    await writer().put('a', 'b', 'c');
    await reader.list();
    for (let round = 0; round < 3; round++) {
      const watch = reader.watch();
      await writer().put('a', 'b');
      await caughtUp(reader);
      const { revision } = reader;
      await writer().put('a');
      await caughtUp(reader);
      // Whoever may be resumed from only later says so later, but not never.
      await until('progress', () => reader.revision !== revision);
      rig().link?.cut();
      const error = await within('the end of the watch', watch.done);
      assertReaction(error, 'retry');
      const covered = reader.toldAtRevision;
      const seen = reader.told.length;
      await writer().put('b', 'd');
      await writer().delete('c', 'a');
      const resumed = await persist(reader, () => stateOf(reader.holds) === stateOf(writer().model));
      const before = new Set(reader.told.slice(0, covered).map(text));
      for (const told of reader.told.slice(seen)) {
        if (told.op === 'put')
          assert.ok(!before.has(text(told)), `${text(told)} was covered by the progress`);
      }
      await resumed.stop();
      await writer().put('a', 'c');
    }
    assert.equal(reader.lists, 1);
  });

  it('rejects a list that breaks off, and nothing is lost', async (test) => {
    const reader = await open(test);
    await writer().put(...names('many', 30));
    await reader.list();
    await reader.watch().stop();
    for (let i = 0; i < 5; i++) {
      const listing = reader.list().then(
        () => reader.watch().stop(),
        (error: unknown) => assertReaction(error, 'retry'),
      );
      // Awaited too: a cut that comes late would hit the connection of the next test.
      const cutting = delay(i).then(() => rig().link?.cut());
      await within('the end of the list', listing);
      await cutting;
      assert.equal(stateOf(reader.holds), stateOf(writer().model));
    }
  });
}

function expiredHistory({ rig, writer, open }: SuiteContext): void {
  it('asks for a list where the resume point is gone; what was deleted meanwhile is gone after it', async (test) => {
    const reader = await open(test);
    await writer().put('a', 'b', 'c');
    await reader.list();
    const watch = reader.watch();
    await writer().put('b');
    await until('the change', () => reader.holds.get('b') === writer().model.get('b'));
    await watch.stop();
    await writer().put('a', 'd', 'e');
    await writer().delete('b', 'e');
    await writer().put('c', 'd');
    await rig().expire?.();
    assertReaction(await outlast(reader), 'relist');
    await reader.list();
    assert.equal(stateOf(reader.holds), stateOf(writer().model));
    assert.ok(!reader.holds.has('b'));
    await reader.watch().stop();
  });
}

function restarts({ rig, writer, open, caughtUp }: SuiteContext): void {
  it('resumes or lists again after a restart, and loses nothing', async (test) => {
    const reader = await open(test);
    await writer().put('a', 'b', 'c');
    const stop = new AbortController();
    const following = reader.follow(stop.signal);
    await caughtUp(reader);
    const restarting = rig().restart?.();
    await restarting;
    await writer().put('a', 'd');
    await writer().delete('b');
    await caughtUp(reader);
    await rig().restart?.();
    await writer().put('b');
    await caughtUp(reader);
    stop.abort(new Error('test over'));
    await within('the end', following, PROMPT_MS);
  });
}

function permissions({ rig, writer }: SuiteContext): void {
  it('says which resource may not be read, and reads the others', async (test) => {
    const opened = await rig().openForbidden?.({ clock: new FastClock(), requestTimeoutMs: 5_000 });
    assert.ok(opened !== undefined);
    const { datastore, readable } = opened;
    test.after(() => datastore.close());
    await writer().put('a');
    const signal = AbortSignal.timeout(10_000);
    const refused = await datastore.list({ resource: RESOURCE, sink: silent, signal }).then(
      () => 'listed',
      (error: unknown) => error,
    );
    assertReaction(refused, 'forbidden');
    const outcome = await datastore.list({ resource: readable, sink: silent, signal });
    assert.notEqual(outcome.revision, '');
    await outcome.tail?.(silent, AbortSignal.abort()).catch(() => undefined);
    await datastore.identify(signal);
    await datastore.list({ resource: RESOURCE, sink: silent, signal }).then(
      () => assert.fail('listed'),
      (error: unknown) => assertReaction(error, 'forbidden'),
    );
  });
}

const silent: StreamSink = { apply: () => {}, progress: () => {}, contact: () => {} };

/** Lists, and once is enough unless the source looks at itself only now and then. */
async function listUntil(reader: Reader, rig: ConformanceRig, condition: () => boolean): Promise<void> {
  await reader.list();
  if (!rig.coalesces) assert.ok(condition(), stateOf(reader.holds));
  else await until('the list', async () => condition() || (await reader.list()));
}

function paceOf(rig: ConformanceRig): number {
  return rig.coalesces ? rig.quietSpeed : 1;
}

/** Watches again while the watch fails with `retry`, until the condition holds; resolves with the running watch. */
async function persist(reader: Reader, condition: () => boolean): Promise<ReturnType<Reader['watch']>> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const watch = reader.watch();
    const first = await Promise.race([watch.done, until('the changes', condition)]);
    if (first === true) return watch;
    assertReaction(first, 'retry');
  }
  throw new Error('the watch keeps failing');
}

/** The first outcome of a watch that is not just a connection that has to be made again. */
async function outlast(reader: Reader): Promise<unknown> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const outcome = await within('the end of the watch', reader.watch({ fresh: true }).done);
    if (!(outcome instanceof DatastoreError) || outcome.reaction !== 'retry') return outcome;
  }
  throw new Error('the watch keeps failing');
}

function assertReaction(error: unknown, reaction: Reaction): void {
  assert.ok(error instanceof DatastoreError, `not a DatastoreError: ${String(error)}`);
  assert.equal(error.reaction, reaction, error.message);
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
}
