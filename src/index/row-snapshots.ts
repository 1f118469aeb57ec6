import type { Found, ListSnapshot } from '../contract/lister.ts';
import type { ClusterData } from './cluster-data.ts';
import { readFound } from './endpoint-reader.ts';
import type { RowHolder } from './endpoint-rows.ts';
import type { IndexCore } from './index-core.ts';

/** A kept endpoint with its own texts and its map entry: measured. Most of its texts are shared with the index. */
const KEPT_BYTES = 800;
const NO_ROWS = new Uint32Array(0);

/**
 * The WorkloadEndpoints at one revision: row numbers, and what those said that changed since. A copy of everything
 * would be simpler; but a million endpoints are 4 MB as row numbers, and most do not change while a list is read.
 */
class RowSnapshot implements ListSnapshot {
  readonly revision: number;
  readonly #core: IndexCore;
  readonly #onClose: (snapshot: RowSnapshot) => void;
  #holders: ReadonlySet<RowHolder>;
  #rows: Uint32Array;
  /** By row: as it was at `revision`. A row that is not here says the same as then. */
  readonly #kept = new Map<number, Found>();
  #isClosed = false;

  constructor(core: IndexCore, clusters: readonly ClusterData[], onClose: (snapshot: RowSnapshot) => void) {
    this.revision = core.commits.revision;
    this.#core = core;
    this.#onClose = onClose;
    this.#holders = new Set(clusters.map(({ holder }) => holder));
    this.#rows = core.endpoints.rows.numbers(clusters.map(({ holder }) => holder));
  }

  get size(): number {
    return this.#rows.length;
  }

  get bytes(): number {
    return this.#rows.byteLength + this.#kept.size * KEPT_BYTES;
  }

  read(from: number, max: number): readonly Found[] {
    if (this.#isClosed) throw new Error('the snapshot is closed');
    const found: Found[] = [];
    for (const row of this.#rows.subarray(Math.max(0, from), Math.max(0, from + max))) {
      found.push(this.#kept.get(row) ?? this.#readLive(row));
    }
    return found;
  }

  /** `row` is about to change or to go for the first time since `revision`. */
  keep(row: number, holder: RowHolder, found: Found): void {
    if (this.#holders.has(holder) && !this.#kept.has(row)) this.#kept.set(row, found);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#holders = new Set();
    this.#rows = NO_ROWS;
    this.#kept.clear();
    this.#onClose(this);
  }

  #readLive(row: number): Found {
    const cluster = this.#core.byHolder.get(this.#core.endpoints.rows.holder(row)) as ClusterData;
    return readFound(this.#core.endpoints, cluster, row);
  }
}

/** The open snapshots of rows. Who changes or frees a row asks here first. */
export class RowSnapshots {
  /** In the order of their revisions. */
  readonly #open: RowSnapshot[] = [];
  /** Of the youngest; -1 = none is open. */
  #newest = -1;

  get bytes(): number {
    return this.#open.reduce((bytes, snapshot) => bytes + snapshot.bytes, 0);
  }

  /** The rows of `clusters`, in their order. Not in the middle of a commit. */
  open(core: IndexCore, clusters: readonly ClusterData[]): ListSnapshot {
    const snapshot = new RowSnapshot(core, clusters, (closed) => this.#remove(closed));
    this.#open.push(snapshot);
    this.#newest = snapshot.revision;
    return snapshot;
  }

  /** Whether what a row got with this change is to be kept: a younger one was kept already, or came after all of them. */
  needs(revision: number): boolean {
    return revision <= this.#newest;
  }

  /** What a row of `holder` says, before it does so no longer. */
  keep(row: number, holder: RowHolder, found: Found): void {
    for (let i = this.#open.length - 1; i >= 0; i--) {
      const snapshot = this.#open[i] as RowSnapshot;
      if (snapshot.revision < found.revision) return;
      snapshot.keep(row, holder, found);
    }
  }

  #remove(snapshot: RowSnapshot): void {
    this.#open.splice(this.#open.indexOf(snapshot), 1);
    this.#newest = this.#open.at(-1)?.revision ?? -1;
  }
}
