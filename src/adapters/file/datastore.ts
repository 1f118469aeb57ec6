import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Datastore, ListOutcome, StreamRequest, StreamSink } from '../../contract/datastore.ts';
import { deltaKey, keyText } from '../../model/delta-key.ts';
import type { Delta } from '../../model/delta.ts';
import { RESOURCES } from '../../model/kind.ts';
import { PodConverter } from '../../model/pod-converter.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FileWatcher } from '../../runtime/file-watcher.ts';
import { inspectObjects, type InspectedObjects } from './inspected-objects.ts';
import type { FileObject } from './object-file.ts';
import { ObjectDirectory } from './object-directory.ts';

const POLL_MS = 5_000;
const SETTLE_MS = 100;
/** A directory is always there: this often it says so, for the reflector's idle deadline. */
const CONTACT_MS = 10_000;

/** One reading of the directory. */
interface Reading {
  readonly generation: number;
  readonly objects: InspectedObjects;
}

/** A directory of exported objects as a read-only cluster: it lists, and follows the files. */
export class FileDatastore implements Datastore {
  readonly type = 'file';
  readonly resources = RESOURCES;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #excluded: ReadonlySet<string>;
  readonly #directory: ObjectDirectory;
  readonly #pods = new PodConverter();
  readonly #controller = new AbortController();
  readonly #watcher: FileWatcher;
  readonly #readers = new Set<() => void>();
  #generation = 0;
  /** What the last list answered with. */
  #listed: Reading | undefined;
  #reading: Promise<Reading> | undefined;
  #watching: Promise<void> | undefined;

  constructor(path: string, clock: Clock, excludeNamespaces: readonly string[] = []) {
    this.#path = path;
    this.#excluded = new Set(excludeNamespaces);
    this.#clock = clock;
    this.#directory = new ObjectDirectory(path);
    this.#watcher = new FileWatcher({ clock, pollMs: POLL_MS, settleMs: SETTLE_MS }, () => this.#changed());
  }

  identify(): Promise<readonly string[]> {
    // An export may be of a cluster that is federated live as well: that is what inspecting is for.
    return Promise.resolve([]);
  }

  async list({ resource, sink }: StreamRequest): Promise<ListOutcome> {
    this.#listed = await this.#read();
    const { generation, objects } = this.#listed;
    sink.apply(objects.get(resource) ?? []);
    return { revision: String(generation) };
  }

  async watch({
    resource,
    sink,
    signal,
    revision,
  }: StreamRequest & { readonly revision: string }): Promise<void> {
    this.#watching ??= this.#watcher.run(this.#controller.signal);
    const ended = AbortSignal.any([signal, this.#controller.signal]);
    // The files may have changed since they were listed: what was listed is what the difference is made to.
    const listed = this.#listed;
    let known = String(listed?.generation) === revision && listed ? listed : await this.#read();
    if (String(known.generation) !== revision) throw relist();
    while (!ended.aborted) {
      const next = await this.#read();
      if (next.generation === known.generation) {
        await this.#nextChange(sink, ended);
        continue;
      }
      sink.apply(difference(known.objects.get(resource) ?? [], next.objects.get(resource) ?? []));
      sink.progress(String(next.generation));
      known = next;
    }
    ended.throwIfAborted();
  }

  async close(): Promise<void> {
    this.#controller.abort(new DatastoreError('retry', 'Unreachable', 'closed'));
    await this.#watching;
  }

  #read(): Promise<Reading> {
    this.#reading ??= this.#scan();
    return this.#reading;
  }

  async #scan(): Promise<Reading> {
    try {
      let scan = await this.#directory.scan();
      // What changed between the read and the watch of new paths would be missed: read once more.
      if (await this.#watcher.set(scan.paths)) scan = await this.#directory.scan();
      const objects = new Map(
        inspectObjects(
          scan.objects.filter((object) => !this.#excluded.has(namespaceOf(object))),
          this.#pods,
        ),
      );
      const rejected = scan.rejected.map(({ origin, problem }): Delta => ({
        op: 'skip',
        id: undefined,
        where: origin,
        reason: problem,
      }));
      objects.set('workloadendpoints', [...(objects.get('workloadendpoints') ?? []), ...rejected]);
      return { generation: ++this.#generation, objects };
    } catch (error) {
      this.#reading = undefined;
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      throw new DatastoreError('retry', 'FileUnreadable', `directory ${this.#path}: ${code}`, {
        cause: error,
      });
    }
  }

  #changed(): void {
    this.#reading = undefined;
    for (const wake of this.#readers) wake();
  }

  async #nextChange(sink: StreamSink, ended: AbortSignal): Promise<void> {
    if (ended.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = new AbortController();
    this.#readers.add(resolve);
    ended.addEventListener('abort', () => resolve(), { once: true, signal: timer.signal });
    const cancel = this.#clock.after(CONTACT_MS, resolve);
    try {
      sink.contact();
      await promise;
    } finally {
      cancel();
      timer.abort();
      this.#readers.delete(resolve);
    }
  }
}

/** A Namespace counts as its own. */
function namespaceOf({ value, kind }: FileObject): string {
  const { namespace, name } = (value['metadata'] ?? {}) as {
    readonly namespace?: unknown;
    readonly name?: unknown;
  };
  const found = kind === 'Namespace' ? name : namespace;
  return typeof found === 'string' ? found : '';
}

function relist(): DatastoreError {
  return new DatastoreError('relist', 'Relisting', 'the files changed');
}

/** Everything that is there now (the index passes over what is equal), and deletes of what is not any more. */
function difference(before: readonly Delta[], now: readonly Delta[]): readonly Delta[] {
  const keys = now.map(deltaKey).filter((key) => key !== undefined);
  const kept = new Set(keys.map(keyText));
  const gone = before.flatMap((delta): Delta[] => {
    const key = deltaKey(delta);
    if (key === undefined || kept.has(keyText(key))) return [];
    return [
      delta.op === 'exclude' ? { op: 'delete', key, excluded: delta.exclusion.key } : { op: 'delete', key },
    ];
  });
  return [...gone, ...now];
}
