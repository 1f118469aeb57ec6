import { LabelSet } from '../model/label-set.ts';
import { InternTable } from './intern-table.ts';

/** Label sets as small numbers, counted as in InternTable. Id 0 is the empty set. */
export class LabelTable {
  readonly #strings: InternTable;
  readonly #keys = new InternTable();
  readonly #sets: (LabelSet | undefined)[] = [LabelSet.empty];

  /** Keys and values are shared through `strings`. */
  constructor(strings: InternTable) {
    this.#strings = strings;
  }

  get size(): number {
    return this.#keys.size;
  }

  get bytes(): number {
    // A LabelSet with its two arrays of about six.
    return this.#keys.bytes + this.size * 200;
  }

  acquire(labels: LabelSet): number {
    // `join` made the canonical text: it is nobody's part.
    let id = this.#keys.acquire(labels.canonical, true);
    const known = this.#sets[id];
    // Texts that hold NUL may spell the canonical text of another set: they must not take its place.
    if (known === undefined ? hasNul(labels) : known.size !== labels.size) {
      this.#keys.release(id);
      id = this.#keys.acquire(unambiguousKey(labels));
    }
    this.#sets[id] ??= this.#share(labels);
    return id;
  }

  release(id: number): void {
    if (!this.#keys.release(id)) return;
    const { keys, values } = this.set(id);
    this.#sets[id] = undefined;
    for (const text of [...keys, ...values]) this.#strings.release(this.#strings.find(text) ?? 0);
  }

  /** Gives back a set that `set` returned, for those who keep sets and not ids. */
  releaseSet(labels: LabelSet): void {
    const id = this.#keys.find(labels.canonical);
    if (id !== undefined && this.#sets[id] === labels) this.release(id);
    else this.release(this.#keys.find(unambiguousKey(labels)) ?? 0);
  }

  set(id: number): LabelSet {
    return this.#sets[id] ?? LabelSet.empty;
  }

  /** Whether `labels` are the set `id`, without interning them. */
  matches(id: number, labels: LabelSet): boolean {
    const kept = this.set(id);
    return kept === labels || (this.#keys.text(id) === labels.canonical && kept.size === labels.size);
  }

  #share(labels: LabelSet): LabelSet {
    const shared = (text: string): string => this.#strings.text(this.#strings.acquire(text));
    return LabelSet.of(labels.keys.map((key, i) => [shared(key), shared(labels.values[i] ?? '')] as const));
  }
}

function hasNul(labels: LabelSet): boolean {
  return labels.keys.some((key, i) => key.includes('\0') || (labels.values[i] ?? '').includes('\0'));
}

/** Cannot equal the canonical text of any set: that never starts with NUL, as no key is empty. */
function unambiguousKey(labels: LabelSet): string {
  return `\0${JSON.stringify([labels.keys, labels.values])}`;
}
