import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { HttpTransport } from '../../../src/adapters/kubernetes/connection/http-transport.ts';
import { KubernetesLocalApi } from '../../../src/adapters/kubernetes/local/local-api.ts';
import type { DatastoreError } from '../../../src/contract/datastore-error.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { until, within } from '../../rig/deadline.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ApiServer, json } from './api-server.ts';
import { endpoint, failure, hostWith, options } from './fixtures.ts';
import { Followed, soon } from './local-fixture.ts';

const collection = { path: '/api/v1/things', what: 'things' };

function object(name: string, revision: number, namespace = 'shop'): Record<string, unknown> {
  return {
    metadata: {
      namespace,
      name,
      uid: `uid-${name}`,
      resourceVersion: String(revision),
      managedFields: [{ manager: 'somebody' }],
    },
  };
}

function list(items: readonly unknown[], revision: string, next = ''): unknown {
  return { kind: 'List', metadata: { resourceVersion: revision, continue: next }, items };
}

function status(code: number, reason: string): unknown {
  return { kind: 'Status', code, reason, message: `it is ${reason}` };
}

function event(type: string, content: unknown): string {
  return `${JSON.stringify({ type, object: content })}\n`;
}

/** One answer of the server. */
type Answer = (response: ServerResponse, query: URLSearchParams) => void;

/** A server that answers one request after the other as it is told, and then only with watches that stay silent. */
class Script implements AsyncDisposable {
  readonly asked: readonly string[];
  readonly clock = new FakeClock();
  readonly seen = new Followed();
  readonly api: KubernetesLocalApi;
  readonly transport: HttpTransport;
  readonly #server: ApiServer;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  private constructor(server: ApiServer, asked: readonly string[]) {
    this.#server = server;
    this.asked = asked;
    this.transport = new HttpTransport(endpoint(server.url), options, hostWith({}));
    const connection = { transport: this.transport, clock: this.clock, random: seededRandom(5) };
    this.api = new KubernetesLocalApi(connection, 1_000);
  }

  static async start(...answers: readonly Answer[]): Promise<Script> {
    let at = 0;
    const asked: string[] = [];
    const server = await ApiServer.start({
      protocol: 'http',
      handler: (request, response) => {
        const query = new URL(request.url ?? '', 'http://x').searchParams;
        const from = query.get('resourceVersion');
        asked.push(
          query.has('watch') ? `watch ${from}` : `list ${query.get('limit')} ${query.get('continue')}`,
        );
        const answer = answers[at++] ?? silence;
        answer(response as ServerResponse, query);
      },
    });
    return new Script(server, asked);
  }

  follow(): this {
    this.#done = this.api.follow(collection, this.seen, this.#stop.signal);
    return this;
  }

  /** Lets time pass until it is so: waits in the follower are over at once. */
  async until(description: string, check: () => boolean, stepMs = 100): Promise<void> {
    await until(description, async () => {
      if (check()) return true;
      await this.clock.advance(stepMs);
      return check();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await within('follow ends', this.#done);
    await this.transport.close();
    await this.#server[Symbol.asyncDispose]();
    assert.equal(this.clock.pending, 0, 'no timer is left');
  }
}

const answers = {
  json:
    (code: number, body: unknown): Answer =>
    (response) =>
      json(response, code, body),
  /** Events, and then the end of the watch. */
  ended:
    (...events: readonly string[]): Answer =>
    (response) =>
      response.end(events.join('')),
  /** Events, and then a broken connection. */
  cut:
    (...events: readonly string[]): Answer =>
    (response) => {
      response.write(events.join(''), () => setImmediate(() => response.destroy()));
    },
  open:
    (...events: readonly string[]): Answer =>
    (response) => {
      response.writeHead(200);
      response.flushHeaders();
      if (events.length > 0) response.write(events.join(''));
    },
};
const silence = answers.open();

describe('follow', () => {
  it('lists, watches, and goes on where a watch ended, or broke, without a new list', async () => {
    await using script = await Script.start(
      answers.json(200, list([object('a', 3)], '5')),
      answers.ended(event('ADDED', object('b', 6)), event('BOOKMARK', object('', 8, ''))),
      answers.cut(event('DELETED', object('a', 9))),
      answers.cut(event('MODIFIED', object('b', 10))),
    );
    script.follow();
    await script.until('the last watch is open', () => script.asked.length === 5);
    assert.deepEqual(script.asked, ['list 500 null', 'watch 5', 'watch 8', 'watch 9', 'watch 10']);
    assert.equal(script.seen.names, 'shop/b');
    assert.equal(script.seen.objects.get('shop/b'), '10');
    assert.equal(script.seen.lists, 1);
    assert.deepEqual(script.seen.failures, [], 'a watch that breaks is no news');
    const [added, deleted] = script.seen.changes;
    assert.ok(added?.op === 'put' && !('managedFields' in (added.object['metadata'] as object)));
    assert.deepEqual(deleted, { op: 'delete', namespace: 'shop', name: 'a', uid: 'uid-a' });
  });

  it('lists again at once where the resume point is gone', async () => {
    await using script = await Script.start(
      answers.json(200, list([object('a', 3)], '5')),
      answers.open(event('ERROR', status(410, 'Expired'))),
      answers.json(200, list([object('b', 7)], '9')),
    );
    script.follow();
    await until('watching again', () => script.asked.length === 4);
    assert.deepEqual(script.asked, ['list 500 null', 'watch 5', 'list 500 null', 'watch 9']);
    assert.equal(script.seen.names, 'shop/b');
    assert.deepEqual(script.seen.failures, []);
  });

  it('backs off where every list is followed by an expired watch', async () => {
    const round = [answers.json(200, list([], '5')), answers.json(410, status(410, 'Expired'))];
    await using script = await Script.start(...round, ...round, ...round, ...round);
    script.follow();
    await until('the second round', () => script.asked.length >= 4);
    await script.clock.advance(0);
    assert.equal(script.asked.length, 4);
    assert.equal(script.seen.failures.length, 1);
    await script.until('the rest', () => script.asked.length === 9);
  });

  it('says what fails, keeps what it told, and says when it follows again', async () => {
    await using script = await Script.start(
      answers.json(200, list([object('a', 3)], '5')),
      answers.json(503, status(503, 'ServiceUnavailable')),
      answers.json(429, status(429, 'TooManyRequests')),
    );
    script.follow();
    await script.until('watching', () => script.seen.returns === 1);
    assert.deepEqual(script.asked, ['list 500 null', 'watch 5', 'watch 5', 'watch 5']);
    assert.deepEqual(script.seen.failures, [
      'watch things: the server answered 503: it is ServiceUnavailable',
      'watch things: the server answered 429: it is TooManyRequests',
    ]);
    assert.equal(script.seen.names, 'shop/a');
    assert.equal(script.seen.lists, 1);
  });

  it('asks again soon where a server refuses what it granted before, and slowly where it never did', async () => {
    await using script = await Script.start(
      answers.json(200, list([], '5')),
      answers.json(403, status(403, 'Forbidden')),
      answers.json(401, status(401, 'Unauthorized')),
    );
    script.follow();
    await until('refused', () => script.seen.failures.length === 1);
    await script.clock.advance(5_000);
    await until('refused again', () => script.seen.failures.length === 2);
    await script.clock.advance(5_000);
    await until('watching', () => script.seen.returns === 1);

    await using never = await Script.start(answers.json(403, status(403, 'Forbidden')));
    never.follow();
    await until('refused', () => never.seen.failures.length === 1);
    await never.clock.advance(20_000);
    assert.deepEqual(never.asked, ['list 500 null']);
    await never.clock.advance(20_000);
    await until('asked again', () => never.asked.length === 2);
  });

  it('lists again after long silence, and after failures in a row at one place', async () => {
    await using silent = await Script.start(
      answers.json(200, list([], '5')),
      silence,
      answers.json(200, list([object('a', 6)], '7')),
    );
    silent.follow();
    await until('watching', () => silent.asked.length === 2);
    // The watch is known to be open when its deadline is the only timer.
    await silent.clock.advance(149_000);
    assert.equal(silent.asked.length, 2);
    await silent.clock.advance(2_000);
    await until('listed again', () => silent.seen.names === 'shop/a');

    const broken = answers.json(500, status(500, 'InternalError'));
    await using failing = await Script.start(
      answers.json(200, list([], '5')),
      ...Array.from({ length: 6 }, () => broken),
      answers.json(200, list([object('a', 6)], '7')),
    );
    failing.follow();
    await failing.until('listed again', () => failing.seen.names === 'shop/a', 1_000);
    assert.equal(failing.seen.failures.length, 6);
  });

  it('counts what comes before a broken event, and goes on after it', async () => {
    await using script = await Script.start(
      answers.json(200, list([], '5')),
      answers.open(event('ADDED', object('a', 6)), '{"type":"ADDED"}\n', event('ADDED', object('b', 7))),
      answers.open(event('ADDED', object('b', 7))),
    );
    script.follow();
    await script.until('both', () => script.seen.names === 'shop/a shop/b');
    assert.deepEqual(script.asked, ['list 500 null', 'watch 5', 'watch 6']);
  });

  it('tells everything anew to an observer that broke', async () => {
    await using script = await Script.start(
      answers.json(200, list([], '5')),
      answers.open(event('ADDED', object('a', 6))),
      answers.json(200, list([object('a', 6)], '6')),
    );
    let broken = false;
    script.seen.onChanged = () => {
      if (broken) return;
      broken = true;
      throw new Error('a defect');
    };
    script.follow();
    await script.until('told', () => script.seen.names === 'shop/a');
    assert.equal(script.seen.lists, 2);
  });

  it('keeps objects of one name in several namespaces apart', async () => {
    await using script = await Script.start(
      answers.json(200, list([object('a', 1, 'x'), object('a', 2, 'y')], '5')),
      answers.open(event('DELETED', object('a', 6, 'x'))),
    );
    script.follow();
    await script.until('one is gone', () => script.seen.names === 'y/a');
  });
});

describe('list', () => {
  it('joins pages, and lists in one piece where the pages expire', async () => {
    await using script = await Script.start(
      answers.json(200, list([object('a', 1), object('b', 2)], '5', 'next')),
      answers.json(410, status(410, 'Expired')),
      answers.json(200, list([object('b', 2), object('c', 7)], '8')),
    );
    const objects = await script.api.list(collection, soon());
    assert.deepEqual(
      objects.map((found) => (found['metadata'] as { name: string }).name),
      ['b', 'c'],
    );
    assert.deepEqual(script.asked, ['list 500 null', 'list 500 next', 'list null null']);
  });

  it('rejects what is no list, what does not come, and ends with the signal', async () => {
    const problem = async (answer: Answer): Promise<DatastoreError> => {
      await using script = await Script.start(answer);
      return await failure(script.api.list(collection, soon()));
    };
    assert.match((await problem(answers.json(200, { items: 'x' }))).message, /list things: .* not a list/);
    assert.match((await problem(answers.json(200, { items: [] }))).message, /no resourceVersion/);
    assert.match((await problem(answers.ended('<html>'))).message, /not a JSON object/);

    await using silent = await Script.start(answers.open('{"items":['));
    const listing = failure(silent.api.list(collection, soon()));
    await until('asked', () => silent.asked.length === 1);
    await silent.clock.advance(61_000);
    assert.equal((await within('given up', listing)).reason, 'Timeout');

    await using stopped = await Script.start(silence);
    const stop = new AbortController();
    const ending = stopped.api.list(collection, stop.signal);
    stop.abort(new Error('stop'));
    await assert.rejects(within('ends', ending), /stop/);
  });

  it('sends selectors as they are', async () => {
    const queries: URLSearchParams[] = [];
    await using script = await Script.start((response, query) => {
      queries.push(query);
      json(response, 200, list([], '5'));
    });
    const labelSelector = 'endpointslice.kubernetes.io/managed-by=x,!y';
    await script.api.list({ ...collection, labelSelector, fieldSelector: 'metadata.name=a&b' }, soon());
    assert.equal(queries[0]?.get('labelSelector'), labelSelector);
    assert.equal(queries[0]?.get('fieldSelector'), 'metadata.name=a&b');
  });
});
