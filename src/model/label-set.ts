/**
 * An immutable set of labels (or annotations), sorted by key in UTF-16 code-unit order.
 * Decoders share one instance between objects with equal labels; equality is `canonical` equality.
 */
export class LabelSet {
  static readonly empty: LabelSet = new LabelSet([], []);

  readonly keys: readonly string[];
  readonly values: readonly string[];
  #canonical: string | undefined;

  private constructor(keys: readonly string[], values: readonly string[]) {
    this.keys = keys;
    this.values = values;
  }

  /** Of two pairs with one key the later wins, as in a JSON object or a protobuf map. */
  static of(pairs: Iterable<readonly [string, string]>): LabelSet {
    const map = new Map(pairs);
    if (map.size === 0) return LabelSet.empty;
    const keys = [...map.keys()].sort();
    return new LabelSet(
      keys,
      keys.map((key) => map.get(key) ?? ''),
    );
  }

  static fromRecord(record: Readonly<Record<string, string>>): LabelSet {
    return LabelSet.of(Object.entries(record));
  }

  get size(): number {
    return this.keys.length;
  }

  /** The value of `key`, or undefined where the label is absent. */
  get(key: string): string | undefined {
    // Label sets are small (Kubernetes pods carry 3 to 12): a scan beats a binary search with string compares.
    const at = this.keys.indexOf(key);
    return at < 0 ? undefined : this.values[at];
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  *entries(): Generator<[string, string]> {
    for (let i = 0; i < this.keys.length; i++) yield [this.keys[i] as string, this.values[i] as string];
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this.entries());
  }

  /** Equal for equal sets and only for them: NUL cannot occur in a label, and length prefixes are not needed. */
  get canonical(): string {
    this.#canonical ??= this.keys.map((key, i) => `${key}\0${this.values[i] ?? ''}`).join('\0');
    return this.#canonical;
  }
}
