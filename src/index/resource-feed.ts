import type { ResourceStore } from '../contract/replica.ts';
import type { Delta } from '../model/delta.ts';
import type { Resource } from '../model/kind.ts';
import type { EntryKey } from '../model/objects.ts';
import type { ClusterData } from './cluster-data.ts';
import type { IndexCore } from './index-core.ts';
import type { KindWriter } from './kind-writer.ts';
import type { ResourceLists } from './resource-lists.ts';

/** Reports of unreadable objects per list; all of them are counted. */
const REPORTED_SKIPS = 20;

export interface ResourceParts {
  readonly core: IndexCore;
  readonly cluster: ClusterData;
  readonly resource: Resource;
  readonly writer: KindWriter;
  readonly lists: ResourceLists;
  /** False once the resource is not retained or the cluster dropped: then nothing is taken any more. */
  readonly isOpen: () => boolean;
}

/**
 * One reader's way into one resource of one cluster. Several may write side by side (an old session until the new
 * one took over): each list has a mark of its own and deletes only what it did not name itself.
 */
export class ResourceFeed implements ResourceStore {
  readonly #parts: ResourceParts;
  #reported = 0;
  #refusedInList = 0;

  constructor(parts: ResourceParts) {
    this.#parts = parts;
  }

  begin(): void {
    const { writer, lists, resource, cluster, isOpen } = this.#parts;
    if (!isOpen()) return;
    const mark = lists.markOf(this) || lists.lend(this);
    this.#reported = 0;
    this.#refusedInList = 0;
    writer.markAll(mark);
    cluster.skips.begin(resource, mark);
    if (resource === 'workloadendpoints') cluster.exclusions.begin(mark);
  }

  apply(deltas: readonly Delta[]): void {
    const { core, lists, isOpen } = this.#parts;
    if (!isOpen()) return;
    const mark = lists.markOf(this);
    core.now = core.clock.now();
    for (const delta of deltas) {
      try {
        this.#apply(delta, mark);
      } catch (error) {
        this.#survive(delta, mark, error);
      }
    }
    core.commits.commit();
  }

  end(): void {
    const { core, writer, lists, resource, cluster } = this.#parts;
    const mark = this.#finishList();
    if (mark === 0) return;
    writer.sweep(mark);
    cluster.skips.end(resource, mark);
    if (resource === 'workloadendpoints') cluster.exclusions.end(mark);
    lists.giveBack(mark);
    // What this very list was refused is still missing, whatever room the sweep made.
    if (this.#refusedInList === 0) {
      cluster.listed.add(resource);
      cluster.budget.complete(resource);
      cluster.budget.settle(cluster.size);
    }
    core.commits.commit();
  }

  cancel(): void {
    const { writer, lists, resource, cluster } = this.#parts;
    const mark = this.#finishList();
    if (mark === 0) return;
    writer.unmarkAll(mark);
    cluster.skips.cancel(resource, mark);
    if (resource === 'workloadendpoints') cluster.exclusions.cancel(mark);
    lists.giveBack(mark);
  }

  #finishList(): number {
    return this.#parts.isOpen() ? this.#parts.lists.markOf(this) : 0;
  }

  #apply(delta: Delta, mark: number): void {
    const { writer, cluster, resource } = this.#parts;
    switch (delta.op) {
      case 'put':
        if (!writer.put(delta.entry, mark)) this.#refusedInList++;
        this.#forgetSkip(delta.entry);
        break;
      case 'delete':
        writer.remove(delta.key);
        if (delta.excluded !== undefined) cluster.exclusions.remove(delta.excluded);
        this.#forgetSkip(delta.key);
        cluster.budget.settle(cluster.size);
        break;
      case 'exclude':
        writer.remove(delta.id);
        if (resource === 'workloadendpoints') cluster.exclusions.set(delta.id, delta.exclusion, mark);
        this.#forgetSkip(delta.id);
        cluster.budget.settle(cluster.size);
        break;
      case 'skip':
        this.#skip(delta.id, delta, mark);
        break;
    }
  }

  #skip(id: EntryKey | undefined, what: { where: string; reason: string }, mark: number): void {
    const { core, writer, cluster, resource } = this.#parts;
    if (id !== undefined) writer.keep(id, mark);
    const { where, reason } = what;
    if (!cluster.skips.add(resource, id, { where, reason }, mark) || this.#reported >= REPORTED_SKIPS) return;
    this.#reported++;
    core.report({ event: 'object.skipped', cluster: cluster.name, resource, where, reason });
  }

  #forgetSkip(key: EntryKey): void {
    const { cluster, resource } = this.#parts;
    if (!cluster.skips.isEmpty) cluster.skips.remove(resource, key);
  }

  /** What a reader passed on is not what it says it is. Its other objects must not suffer. */
  #survive(delta: Delta, mark: number, error: unknown): void {
    const { core, cluster, resource } = this.#parts;
    const reason = error instanceof Error ? error.message : String(error);
    if (delta.op === 'put') {
      const { entry } = delta;
      const name = 'name' in entry ? entry.name : entry.workload;
      this.#skip(keyOf(entry), { where: `${resource} ${entry.namespace}/${name}`, reason }, mark);
    } else {
      core.report({ event: 'internal.error', message: `${cluster.name} ${resource} ${delta.op}: ${reason}` });
    }
  }
}

function keyOf(entry: EntryKey): EntryKey {
  if ('name' in entry) return { namespace: entry.namespace, name: entry.name };
  const { namespace, node, orchestrator, workload, endpoint } = entry;
  return { namespace, node, orchestrator, workload, endpoint };
}
