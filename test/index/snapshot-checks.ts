import assert from 'node:assert/strict';
import type { Found, ListSnapshot } from '../../src/contract/lister.ts';
import type { MergedIndex } from '../../src/index/merged-index.ts';
import type { Kind } from '../../src/model/kind.ts';
import { byText, shown } from './shown.ts';

/** One open snapshot and what it must say until it is closed. */
interface Check {
  readonly snapshot: ListSnapshot;
  readonly expected: readonly string[];
  /** By position, as far as it was read. */
  readonly seen: string[];
}

/** Snapshots that are read in slices while their index goes on. */
export class SnapshotChecks {
  readonly #index: MergedIndex;
  readonly #open: Check[] = [];

  constructor(index: MergedIndex) {
    this.#index = index;
  }

  /** `members` is what the model has of it now. */
  open(kind: Kind, cluster: string | undefined, members: readonly Found[]): void {
    const snapshot = this.#index.snapshot(kind, cluster);
    assert.equal(snapshot.revision, this.#index.revision);
    this.#open.push({ snapshot, expected: members.map(seenIn).sort(byText), seen: [] });
  }

  read({ place, from, max }: { readonly place: number; readonly from: number; readonly max: number }): void {
    const check = this.#open[place % this.#open.length];
    if (check !== undefined) readSlice(check, from, max);
  }

  close(place: number): void {
    const check = this.#open[place % this.#open.length];
    if (check === undefined) return;
    for (let from = 0; from < check.snapshot.size; from += 2) readSlice(check, from, 2);
    assert.deepEqual(check.seen.toSorted(byText), check.expected);
    const clusters = check.snapshot.read(0, Number.POSITIVE_INFINITY).map((each) => each.cluster);
    assert.deepEqual(clusters, clusters.toSorted(), 'one cluster after the other');
    check.snapshot.close();
    check.snapshot.close();
    assert.throws(() => check.snapshot.read(0, 1), /closed/u);
    this.#open.splice(this.#open.indexOf(check), 1);
  }

  closeAll(): void {
    while (this.#open.length > 0) this.close(0);
  }
}

function readSlice({ snapshot, expected, seen }: Check, from: number, max: number): void {
  assert.equal(snapshot.size, expected.length);
  const found = snapshot.read(from, max);
  assert.equal(found.length, Math.max(0, Math.min(max, snapshot.size - from)));
  for (const [i, each] of found.entries()) {
    assert.ok(each.revision <= snapshot.revision);
    const text = seenIn(each);
    assert.equal(text, seen[from + i] ?? text, 'a position stays what it is');
    seen[from + i] = text;
  }
}

/** The resource version that the source gave an endpoint may be a later one. */
function seenIn(found: Found): string {
  return shown({ ...found, entry: { ...found.entry, resourceVersion: '' } });
}
