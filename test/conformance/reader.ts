import { setTimeout as delay } from 'node:timers/promises';
import { DatastoreError } from '../../src/contract/datastore-error.ts';
import type { Datastore, StreamSink, WatchTail } from '../../src/contract/datastore.ts';
import type { Delta } from '../../src/model/delta.ts';
import type { EntryKey } from '../../src/model/objects.ts';
import { versionOf } from './rig.ts';

export const RESOURCE = 'workloadendpoints';

/** One thing that was delivered. */
export interface Told {
  readonly op: Delta['op'];
  readonly name: string;
  /** 0 for all but puts. */
  readonly version: number;
  /** '' for all but puts. */
  readonly resourceVersion: string;
  readonly id: EntryKey | undefined;
}

/** A watch that runs. `done` never rejects. */
export interface RunningWatch {
  readonly done: Promise<'ended' | Error>;
  stop(): Promise<void>;
}

/** Reads the WorkloadEndpoints of one datastore, and keeps what a reflector with its store would keep. */
export class Reader implements StreamSink {
  readonly datastore: Datastore;
  /** Versions by workload. */
  readonly holds = new Map<string, number>();
  readonly told: Told[] = [];
  contacts = 0;
  lists = 0;
  /** Where a watch resumes: of the list, then of the last progress. */
  revision: string | undefined;
  /** How much had been told when `revision` was. */
  toldAtRevision = 0;
  #named: Set<string> | undefined;
  #tail: WatchTail | undefined;

  constructor(datastore: Datastore) {
    this.datastore = datastore;
  }

  apply(deltas: readonly Delta[]): void {
    for (const delta of deltas) this.#take(delta);
  }

  progress(revision: string): void {
    // A list has no progress: its revision is its outcome.
    if (this.#named !== undefined) return;
    this.revision = revision;
    this.toldAtRevision = this.told.length;
  }

  contact(): void {
    this.contacts++;
  }

  /** What a complete list does not name is deleted. */
  async list(signal: AbortSignal = AbortSignal.timeout(20_000)): Promise<void> {
    const named = new Set<string>();
    this.#named = named;
    try {
      const request = { resource: RESOURCE, sink: this, signal, notOlderThan: this.revision } as const;
      const outcome = await this.datastore.list(request);
      for (const name of this.holds.keys()) if (!named.has(name)) this.holds.delete(name);
      this.revision = outcome.revision;
      this.toldAtRevision = this.told.length;
      this.#tail = outcome.tail;
      this.lists++;
    } finally {
      this.#named = undefined;
    }
  }

  /** Goes on where the list or the watch before ended. `fresh` leaves the list's own stream for a new request. */
  watch({ fresh = false }: { readonly fresh?: boolean } = {}): RunningWatch {
    const controller = new AbortController();
    const run = async (): Promise<'ended' | Error> => {
      try {
        await this.#watch(controller.signal, fresh);
        return 'ended';
      } catch (error) {
        return error as Error;
      }
    };
    const done = run();
    const stop = async (): Promise<void> => {
      controller.abort(new Error('stopped by the test'));
      await done;
    };
    return { done, stop };
  }

  /** Lists and watches by the reactions of the contract, as the engine does, until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.revision === undefined) await this.list(signal);
        await this.#watch(signal, false);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof DatastoreError)) throw error;
        if (error.reaction === 'relist') this.revision = undefined;
        else await delay(20);
      }
    }
  }

  async #watch(signal: AbortSignal, fresh: boolean): Promise<void> {
    const tail = this.#tail;
    this.#tail = undefined;
    if (tail && fresh) {
      const over = new AbortController();
      over.abort(new Error('not wanted'));
      await tail(this, over.signal).catch(() => undefined);
    } else if (tail) {
      return tail(this, signal);
    }
    await this.datastore.watch({ resource: RESOURCE, sink: this, signal, revision: this.revision ?? '' });
  }

  #take(delta: Delta): void {
    const id = delta.op === 'put' ? delta.entry : delta.op === 'delete' ? delta.key : delta.id;
    const name = id !== undefined && 'workload' in id ? id.workload : '';
    const version =
      delta.op === 'put' && delta.entry.kind === 'WorkloadEndpoint'
        ? versionOf(delta.entry.ipNetworks[0] ?? '')
        : 0;
    const resourceVersion = delta.op === 'put' ? delta.entry.resourceVersion : '';
    this.told.push({ op: delta.op, name, version, resourceVersion, id });
    if (delta.op === 'put') this.holds.set(name, version);
    else if (delta.op !== 'skip') this.holds.delete(name);
    if (delta.op === 'put' || delta.op === 'skip') this.#named?.add(name);
  }
}
