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
    const list = Array.isArray(pairs) ? (pairs as readonly (readonly [string, string])[]) : [...pairs];
    return LabelSet.#ofSorted(list) ?? LabelSet.#ofUnsorted(list);
  }

  /** Go's encoders write maps sorted: then no map and no sort are needed. Undefined where they are not. */
  static #ofSorted(pairs: readonly (readonly [string, string])[]): LabelSet | undefined {
    if (pairs.length === 0) return LabelSet.empty;
    const keys: string[] = [];
    const values: string[] = [];
    let last: string | undefined;
    for (const [key, value] of pairs) {
      if (last !== undefined && last >= key) return undefined;
      keys.push(key);
      values.push(value);
      last = key;
    }
    return new LabelSet(keys, values);
  }

  static #ofUnsorted(pairs: readonly (readonly [string, string])[]): LabelSet {
    const map = new Map(pairs);
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
    this.#canonical ??= canonicalOf(this.keys, this.values);
    return this.#canonical;
  }
}

function canonicalOf(keys: readonly string[], values: readonly string[]): string {
  const parts: string[] = [];
  for (let i = 0; i < keys.length; i++) parts.push(keys[i] as string, values[i] as string);
  return parts.join('\0');
}
