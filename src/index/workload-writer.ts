import type { Entry, EntryKey } from '../model/objects.ts';
import { isNamePart } from '../model/workload-endpoint-name.ts';
import type { WorkloadEndpoint } from '../model/workload-endpoint.ts';
import type { ClusterData } from './cluster-data.ts';
import { readFound } from './endpoint-reader.ts';
import { workloadIdOf } from './entry-name.ts';
import { NONE } from './hash-index.ts';
import type { IndexCore } from './index-core.ts';
import type { KindWriter } from './kind-writer.ts';

/** Writes the WorkloadEndpoints of one cluster. */
export class WorkloadWriter implements KindWriter {
  readonly #core: IndexCore;
  readonly #cluster: ClusterData;
  readonly #place: { readonly cluster: string; readonly kind: 'WorkloadEndpoint' };

  constructor(core: IndexCore, cluster: ClusterData) {
    this.#core = core;
    this.#cluster = cluster;
    this.#place = { cluster: cluster.name, kind: 'WorkloadEndpoint' };
  }

  put(entry: Entry, mark: number): boolean {
    if (entry.kind !== 'WorkloadEndpoint') throw new TypeError(`a ${entry.kind} came as a WorkloadEndpoint`);
    const { endpoints, commits } = this.#core;
    const { holder, budget, exclusions } = this.#cluster;
    exclusions.removeOf(entry);
    const row = endpoints.find(holder, entry);
    if (row === NONE) {
      requireScalars(entry);
      if (!hasName(entry)) throw new TypeError('a part of its name is empty, or starts or ends with "-"');
      if (!budget.admit(this.#cluster.size, 'workloadendpoints')) return false;
      const inserted = endpoints.insert(holder, entry, this.#core.now);
      endpoints.rows.setChange(inserted, commits.next);
      const contents = commits.wantsContents ? { content: endpoints.shared(inserted, entry) } : undefined;
      commits.record('put', this.#place, entry, contents);
      return true;
    }
    this.#unmark(row, mark);
    const different = endpoints.difference(row, entry);
    const isSame = different === 0;
    if (isSame && endpoints.sameRevision(row, entry.resourceVersion)) return true;
    requireScalars(entry);
    if (isSame) {
      endpoints.updateRevision(row, entry.resourceVersion);
    } else {
      const replaced = this.#replaced(row);
      endpoints.update(row, entry, { now: this.#core.now, different });
      endpoints.rows.setChange(row, commits.next);
      // No spread: it takes as long as the rest of the record.
      const contents = replaced && {
        replaces: replaced.replaces,
        last: replaced.last,
        content: endpoints.shared(row, entry),
      };
      commits.record('put', this.#place, entry, contents);
    }
    return true;
  }

  remove(key: EntryKey): void {
    const row = this.#find(key);
    if (row !== NONE) this.#delete(row);
  }

  keep(key: EntryKey, mark: number): void {
    const row = this.#find(key);
    if (row !== NONE) this.#unmark(row, mark);
  }

  markAll(mark: number): void {
    this.#core.endpoints.rows.mark(this.#cluster.holder, mark);
  }

  unmarkAll(mark: number): void {
    this.#core.endpoints.rows.unmark(this.#cluster.holder, mark);
  }

  sweep(mark: number): void {
    const { rows } = this.#core.endpoints;
    for (const row of rows.of(this.#cluster.holder)) if (rows.flags(row) & mark) this.#delete(row);
  }

  clear(stop: () => boolean): boolean {
    for (const row of this.#core.endpoints.rows.of(this.#cluster.holder)) {
      if (stop()) return false;
      this.#delete(row);
    }
    return true;
  }

  #find(key: EntryKey): number {
    const id = workloadIdOf(key);
    return id === undefined ? NONE : this.#core.endpoints.find(this.#cluster.holder, id);
  }

  #unmark(row: number, mark: number): void {
    const { rows } = this.#core.endpoints;
    if (mark !== 0) rows.setFlags(row, rows.flags(row) & ~mark);
  }

  #delete(row: number): void {
    const { commits, endpoints } = this.#core;
    const replaced = this.#replaced(row, commits.wantsContents);
    commits.record('delete', this.#place, replaced?.last ?? endpoints.key(row), replaced);
    endpoints.remove(row);
  }

  /** What the row says before it is changed: kept for the snapshots, and returned as far as a listener wants it. */
  #replaced(
    row: number,
    isTold = this.#core.commits.wantsLast(this.#core.endpoints.rows.change(row)),
  ): { readonly replaces: number; readonly last?: WorkloadEndpoint } | undefined {
    const { endpoints, commits, snapshots } = this.#core;
    const replaces = endpoints.rows.change(row);
    const isKept = snapshots.needs(replaces);
    if (isKept || isTold) {
      const found = readFound(endpoints, this.#cluster, row);
      if (isKept) snapshots.keep(row, this.#cluster.holder, found);
      if (isTold) return { replaces, last: found.entry };
    }
    return commits.wantsContents ? { replaces } : undefined;
  }
}

/** Without a name it could be neither found nor shown. */
function hasName(endpoint: WorkloadEndpoint): boolean {
  return (
    isNamePart(endpoint.workload) &&
    isNamePart(endpoint.node) &&
    isNamePart(endpoint.orchestrator) &&
    isNamePart(endpoint.endpoint)
  );
}

/**
 * Throws where a reader let something through that is not what its type says. The columns would take it for another
 * value, or be left half changed.
 */
function requireScalars({ uid, resourceVersion, created, ipNetworks }: WorkloadEndpoint): void {
  const isSound =
    typeof uid === 'string' &&
    typeof resourceVersion === 'string' &&
    Number.isFinite(created) &&
    ipNetworks.every((network) => typeof network === 'string');
  if (!isSound) throw new TypeError('uid, resourceVersion, created or ipNetworks is of the wrong type');
}
