const CHUNK_BITS = 12;
const CHUNK_RECORDS = 1 << CHUNK_BITS;

/**
 * Records of a fixed number of 32-bit words, in chunks that are added and never copied. Freed records are used again.
 * Id 0 is never given out, so that it can mean "none".
 */
export class WordTable {
  readonly #stride: number;
  readonly #chunks: Uint32Array[] = [];
  #next = 1;
  #freeHead = 0;
  #size = 0;

  constructor(stride: number) {
    this.#stride = stride;
  }

  get size(): number {
    return this.#size;
  }

  /** All ids given out so far are below this. */
  get limit(): number {
    return this.#next;
  }

  get bytes(): number {
    return this.#chunks.length * CHUNK_RECORDS * this.#stride * 4;
  }

  /** A record whose words are undefined until set. */
  allocate(): number {
    this.#size++;
    if (this.#freeHead !== 0) {
      const id = this.#freeHead;
      this.#freeHead = this.get(id, 0);
      return id;
    }
    const id = this.#next++;
    if (id >> CHUNK_BITS >= this.#chunks.length) {
      this.#chunks.push(new Uint32Array(CHUNK_RECORDS * this.#stride));
    }
    return id;
  }

  free(id: number): void {
    this.set(id, 0, this.#freeHead);
    this.#freeHead = id;
    this.#size--;
  }

  get(id: number, word: number): number {
    const chunk = this.#chunks[id >> CHUNK_BITS] as Uint32Array;
    return chunk[(id & (CHUNK_RECORDS - 1)) * this.#stride + word] as number;
  }

  set(id: number, word: number, value: number): void {
    const chunk = this.#chunks[id >> CHUNK_BITS] as Uint32Array;
    chunk[(id & (CHUNK_RECORDS - 1)) * this.#stride + word] = value;
  }
}
