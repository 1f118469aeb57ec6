const SHARDS = 64;
/** V8 lets a substring of this length or more point into the text that it was cut from. */
const SLICED_FROM = 13;

/**
 * Texts as small numbers, counted: an id lives as long as it was acquired more often than released, then it is used
 * again for another text. Id 0 is '' and is never freed.
 *
 * Native maps, because V8 keeps the hash inside the string; many small ones, because a map that grows stops the loop.
 */
export class InternTable {
  readonly #shards: Map<string, number>[] = Array.from({ length: SHARDS }, () => new Map<string, number>());
  readonly #texts: string[] = [''];
  readonly #free: number[] = [];
  #references: Uint32Array = new Uint32Array(64);
  #characters = 0;

  /** How many texts are held now, '' not counted. */
  get size(): number {
    return this.#texts.length - 1 - this.#free.length;
  }

  /** A rough figure: what V8 takes for the strings, the map entries and our columns. */
  get bytes(): number {
    return this.#characters + this.size * 72 + this.#references.byteLength + this.#texts.length * 8;
  }

  /** The id of `text`, with one more reference. `isOwn` says that `text` was not cut out of another. */
  acquire(text: string, isOwn = false): number {
    if (text === '') return 0;
    const shard = this.#shard(text);
    const known = shard.get(text);
    if (known !== undefined) {
      this.#references[known] = (this.#references[known] as number) + 1;
      return known;
    }
    const own = isOwn ? text : ownCopy(text);
    const id = this.#free.pop() ?? this.#texts.length;
    if (id >= this.#references.length) this.#grow();
    this.#texts[id] = own;
    this.#references[id] = 1;
    this.#characters += own.length;
    shard.set(own, id);
    return id;
  }

  /** As `acquire`, where `text` is likely to be that of the id `guess`; that id may be free by now. */
  acquireGuessed(text: string, guess: number): number {
    if (text === '' || this.#texts[guess] !== text) return this.acquire(text);
    this.retain(guess);
    return guess;
  }

  /** The id of `text` if it is held, else undefined. Adds no reference. */
  find(text: string): number | undefined {
    return text === '' ? 0 : this.#shard(text).get(text);
  }

  retain(id: number): void {
    if (id !== 0) this.#references[id] = (this.#references[id] as number) + 1;
  }

  /** Gives back one reference; true where it was the last. */
  release(id: number): boolean {
    if (id === 0) return false;
    const left = (this.#references[id] as number) - 1;
    this.#references[id] = left;
    if (left > 0) return false;
    const text = this.#texts[id] as string;
    this.#shard(text).delete(text);
    this.#characters -= text.length;
    this.#texts[id] = '';
    this.#free.push(id);
    return true;
  }

  text(id: number): string {
    return this.#texts[id] as string;
  }

  #shard(text: string): Map<string, number> {
    const length = text.length;
    const mixed = length * 7 + text.charCodeAt(length - 1) * 5 + text.charCodeAt(length >> 1);
    return this.#shards[mixed & (SHARDS - 1)] as Map<string, number>;
  }

  #grow(): void {
    const grown = new Uint32Array(this.#references.length * 2);
    grown.set(this.#references);
    this.#references = grown;
  }
}

/** The same text in memory of its own: a cut-out would keep the whole text that it was cut from alive. */
function ownCopy(text: string): string {
  return text.length < SLICED_FROM ? text : (JSON.parse(JSON.stringify(text)) as string);
}
