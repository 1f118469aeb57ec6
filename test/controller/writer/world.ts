import assert from 'node:assert/strict';
import type { LocalChange } from '../../../src/contract/local-api.ts';
import type { WriteGate } from '../../../src/contract/write-gate.ts';
import type { OwnedSlice } from '../../../src/controller/owned/owned-slice.ts';
import type { Edit } from '../../../src/controller/plan/edit.ts';
import type { Rank } from '../../../src/model/edit-rank.ts';
import { SliceWork } from '../../../src/controller/writer/slice-work.ts';
import type { Work } from '../../../src/controller/writer/work.ts';
import type { Mark } from '../../../src/controller/writer/marks.ts';
import { Writer } from '../../../src/controller/writer/writer.ts';
import type { WriterOptions, WriterRefusal } from '../../../src/controller/writer/writer-options.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { FakeClock, turn } from '../../support/fake-clock.ts';
import { MemoryApi, metaOf, type Request } from './memory-api.ts';
import { addressesOf, content, pathOf, SliceCache, sliceJson } from './slices.ts';

export class TestGate implements WriteGate {
  readonly holder = 'me';
  budget = Infinity;
  readonly listeners = new Set<(mayWrite: boolean) => void>();

  budgetMs(): number {
    return this.budget;
  }

  onChange(listener: (mayWrite: boolean) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  set(budget: number): void {
    const before = this.budget > 0;
    this.budget = budget;
    if (before !== budget > 0) for (const listener of this.listeners) listener(budget > 0);
  }
}

/** One write that was accepted. */
export type Accepted = Parameters<NonNullable<NonNullable<WriterOptions['observer']>['accepted']>>[0];

/**
 * Services with the slices that they shall have, a server, and a writer between. Every request is checked: it is within the
 * limit, has a precondition, starts while the gate is open, and is not of a plan that something changed after.
 */
export class World {
  readonly clock = new FakeClock();
  readonly api = new MemoryApi(this.clock);
  readonly gate = new TestGate();
  readonly cache = new SliceCache();
  /** service → slice → addresses. */
  readonly desired = new Map<string, Map<string, readonly string[]>>();
  /** How urgent an update of a service is, where not by its addresses. */
  readonly ranks = new Map<string, Rank>();
  readonly accepted: Accepted[] = [];
  readonly refused: WriterRefusal[] = [];
  readonly planned: string[] = [];
  readonly broken: string[] = [];
  watchDelayMs = 5;
  plans = 0;
  readonly writer: Writer;
  readonly #stop = new AbortController();
  readonly #versions = new Map<string, number>();
  #running: Promise<void> | undefined;

  constructor(options: Partial<WriterOptions> = {}) {
    const { clock, api, gate } = this;
    this.writer = new Writer({
      api,
      gate,
      clock,
      random: seededRandom(5),
      planOf: (key) => this.planOf(key),
      observer: {
        accepted: (write) => this.accepted.push(write),
        refused: (refusal) => this.refused.push(refusal),
        planned: ({ works }) => this.planned.push(...works.map(({ op, name }) => `${op} ${name}`)),
      },
      ...options,
    });
    api.onRequest = (request) => this.#check(request, options.maxParallelWrites ?? 16);
    api.onChange = (change) => void clock.after(this.watchDelayMs, () => this.told(change));
  }

  start(): void {
    this.#running = this.writer.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('test over'));
    while (this.api.inFlight > 0) await this.clock.advance(1_000);
    await this.#running;
  }

  /** Begins to end; `stop` waits for it. */
  abort(): Promise<void> | undefined {
    this.#stop.abort(new Error('test over'));
    return this.#running;
  }

  mark(key: string, mark: Mark = {}): void {
    this.#versions.set(key, (this.#versions.get(key) ?? 0) + 1);
    this.writer.mark(key, mark);
  }

  want(key: string, slices: Readonly<Record<string, readonly string[]>>, mark: Mark = {}): void {
    this.desired.set(key, new Map(Object.entries(slices)));
    this.mark(key, mark);
  }

  /** What a watch tells. */
  told(change: LocalChange): void {
    if (change.op === 'put') this.cache.accepted(change.object);
    else this.cache.removed(change.namespace, change.name, change.uid);
    const { namespace, name } = change.op === 'put' ? metaOf(change.object) : change;
    this.mark(`${namespace}/${serviceOf(name)}`);
  }

  /** Lets everything be planned that can be planned without time passing. */
  async turns(count = 20): Promise<void> {
    for (let i = 0; i < count; i++) await turn();
  }

  /** Goes on till there is nothing to do any more. */
  async settle(seconds = 1_200): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      await this.turns(2);
      if (this.writer.idle && this.clock.pending === 0) return;
      await this.clock.advance(1_000);
    }
    assert.fail(`not idle: ${JSON.stringify([...this.desired.keys()].map((key) => this.writer.state(key)))}`);
  }

  onServer(): Record<string, readonly string[]> {
    return Object.fromEntries([...this.api.objects].map(([path, object]) => [path, addressesOf(object)]));
  }

  wanted(): Record<string, readonly string[]> {
    return Object.fromEntries(
      [...this.desired].flatMap(([key, slices]) =>
        [...slices].map(([name, addresses]) => [pathOf(key.split('/')[0] ?? '', name), addresses] as const),
      ),
    );
  }

  planOf(key: string): readonly Work[] {
    this.plans++;
    const version = this.#versions.get(key);
    const edits = this.#edits(key);
    const hasFirst = edits.some(({ phase }) => phase === 1);
    return edits.map((edit) => {
      const work = new SliceWork(edit, sliceJson, this.cache);
      const check = (): void => {
        if (this.#versions.get(key) !== version) this.broken.push(`${key}: stale write`);
        if (edit.phase === 2 && hasFirst) this.broken.push(`${key}: second phase beside the first`);
      };
      return {
        rank: work.rank,
        phase: work.phase,
        describe: () => work.describe(),
        digest: () => work.digest(),
        refresh: (api, signal) => work.refresh(api, signal),
        run: (api, options) => {
          check();
          return work.run(api, options);
        },
      };
    });
  }

  #edits(key: string): Edit[] {
    const wanted = this.desired.get(key) ?? new Map<string, readonly string[]>();
    const own = [...this.cache.slices.values()].filter((s) => `${s.namespace}/${s.service}` === key);
    const edits = [...wanted].flatMap(([name, addresses]): Edit[] => {
      const of = own.find((slice) => slice.name === name);
      const rank = this.ranks.get(key) ?? rankOf(of, addresses);
      if (of === undefined) return [{ op: 'create', phase: 1, rank, content: content(key, name, addresses) }];
      if (textOf(of) === addresses.join()) return [];
      return [{ op: 'update', phase: 1, rank, of, content: content(key, name, addresses) }];
    });
    const phase = edits.length > 0 ? 2 : 1;
    const gone = own.filter(({ name }) => !wanted.has(name));
    return [...edits, ...gone.map((of): Edit => ({ op: 'delete', phase, rank: 'withdraw', of }))];
  }

  #check(request: Request, max: number): void {
    const { inFlight } = this.api;
    if (inFlight > max || inFlight > this.writer.limit) this.broken.push(`${inFlight} in flight`);
    if (request.verb === 'get') return;
    if (request.precondition === undefined) this.broken.push(`${request.path}: no precondition`);
    const budget = this.gate.budgetMs();
    if (budget === 0) this.broken.push(`${request.path}: gate closed`);
    if ((request.options?.timeoutMs ?? Infinity) > budget) this.broken.push(`${request.path}: over budget`);
  }
}

/** Slices are named `<service>-<n>` here. */
export function serviceOf(slice: string): string {
  return slice.slice(0, slice.lastIndexOf('-'));
}

function textOf(slice: OwnedSlice): string {
  return slice.endpoints.flatMap(({ addresses }) => addresses).join();
}

function rankOf(of: OwnedSlice | undefined, addresses: readonly string[]): Rank {
  if (of === undefined) return 'add';
  const before = of.endpoints.flatMap((endpoint) => endpoint.addresses);
  return before.some((address) => !addresses.includes(address)) ? 'withdraw' : 'add';
}
