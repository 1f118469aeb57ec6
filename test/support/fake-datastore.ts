import { DatastoreError } from '../../src/contract/datastore-error.ts';
import type { Datastore, ListOutcome, StreamRequest, StreamSink } from '../../src/contract/datastore.ts';
import type { Delta } from '../../src/model/delta.ts';
import type { Resource } from '../../src/model/kind.ts';
import type { IPPool } from '../../src/model/objects.ts';
import type { DatastoreType } from '../../src/model/rcc.ts';
import { turn } from './fake-clock.ts';

/** The truth of one resource of a remote: objects with revisions, and a history that can be compacted. */
export class FakeSource {
  readonly objects = new Map<string, IPPool>();
  revision = 1;
  compacted = 0;
  readonly history: { readonly revision: number; readonly delta: Delta }[] = [];
  readonly watchers = new Set<() => void>();

  put(name: string, cidr: string): void {
    this.revision++;
    const entry = pool(name, cidr, this.revision);
    this.objects.set(name, entry);
    this.#record({ op: 'put', entry });
  }

  delete(name: string): void {
    if (!this.objects.delete(name)) return;
    this.revision++;
    this.#record({ op: 'delete', key: { namespace: '', name } });
  }

  compact(): void {
    this.compacted = this.revision;
  }

  #record(delta: Delta): void {
    this.history.push({ revision: this.revision, delta });
    for (const wake of this.watchers) wake();
  }
}

export function pool(name: string, cidr: string, revision: number): IPPool {
  return {
    kind: 'IPPool',
    namespace: '',
    name,
    uid: `uid-${name}`,
    resourceVersion: String(revision),
    created: 0,
    cidr,
    disabled: false,
    natOutgoing: false,
    vxlanMode: '',
    ipipMode: '',
  };
}

type Fault = () => void;

/** A datastore over FakeSources whose next calls can be made to fail, cut or hang. */
export class FakeDatastore implements Datastore {
  readonly type: DatastoreType;
  readonly resources: readonly Resource[];
  readonly sources: ReadonlyMap<Resource, FakeSource>;
  identities: readonly string[] = [];
  identifyFault: Fault | undefined;
  listFault: Fault | undefined;
  watchFault: Fault | undefined;
  /** Ends every open watch: with an error, or in the ordinary way where that is undefined. */
  readonly #cuts = new Set<(error: Error | undefined) => void>();
  closed = false;
  /** Every watch ends in the ordinary way as soon as it is open. */
  watchesEndAtOnce = false;
  /** What a list answers instead of objects. */
  absent = false;
  readonly notOlderThan: (string | undefined)[] = [];
  /** Delivers to sinks of watches that were aborted, as a chunk that was already on its way does. */
  readonly lateSinks: StreamSink[] = [];
  lists = 0;
  watches = 0;

  constructor(sources: ReadonlyMap<Resource, FakeSource>, type: DatastoreType = 'kubernetes') {
    this.sources = sources;
    this.resources = [...sources.keys()];
    this.type = type;
  }

  identify(): Promise<readonly string[]> {
    return attempt(() => {
      this.identifyFault?.();
      return this.identities;
    });
  }

  async list({ resource, sink, notOlderThan }: StreamRequest): Promise<ListOutcome> {
    this.lists++;
    this.notOlderThan.push(notOlderThan);
    this.listFault?.();
    if (this.absent) return { revision: '', absent: { retryAfterMs: 30_000 } };
    const source = this.#source(resource);
    const deltas: Delta[] = [...source.objects.values()].map((entry) => ({ op: 'put', entry }));
    const revision = String(source.revision);
    const half = Math.ceil(deltas.length / 2);
    sink.apply(deltas.slice(0, half));
    await Promise.resolve();
    this.listFault?.();
    sink.apply(deltas.slice(half));
    return { revision };
  }

  async watch(request: StreamRequest & { readonly revision: string }): Promise<void> {
    this.watches++;
    this.watchFault?.();
    const { resource, sink, signal } = request;
    const source = this.#source(resource);
    let at = Number(request.revision);
    if (at < source.compacted) throw new DatastoreError('relist', 'Compacted', 'revision is compacted');
    sink.contact();
    this.lateSinks.push(sink);
    if (this.watchesEndAtOnce) return turn();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const deliver = (): void => {
      for (const { revision, delta } of source.history) {
        if (revision <= at) continue;
        sink.apply([delta]);
        sink.progress(String(revision));
        at = revision;
      }
    };
    const cut = (error: Error | undefined): void => (error ? reject(error) : resolve());
    const onAbort = (): void => reject(signal.reason as Error);
    this.#cuts.add(cut);
    signal.addEventListener('abort', onAbort, { once: true });
    source.watchers.add(deliver);
    try {
      deliver();
      await promise;
    } finally {
      this.#cuts.delete(cut);
      source.watchers.delete(deliver);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Cuts all watches. */
  cut(error?: Error): void {
    for (const cut of this.#cuts) cut(error);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  #source(resource: Resource): FakeSource {
    const source = this.sources.get(resource);
    if (!source) throw new DatastoreError('config', 'NotFound', `no ${resource}`);
    return source;
  }
}

function attempt<T>(run: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(run());
  });
}

export function unreachable(): never {
  throw new DatastoreError('retry', 'ConnectionRefused', 'nothing listens at 127.0.0.1:1');
}

export function forbidden(): never {
  throw new DatastoreError('forbidden', 'Forbidden', 'may not list');
}
