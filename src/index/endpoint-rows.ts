/** 256 rows that belong to one cluster: small enough for a small cluster, so that each one's rows can be walked. */
const PAGE_BITS = 8;
const PAGE_ROWS = 1 << PAGE_BITS;
const CHUNK_BITS = 16;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_PAGES = CHUNK_ROWS / PAGE_ROWS;
const CHUNK_MASK = CHUNK_ROWS - 1;

/** The words of a row. SUFFIX and UID take four, REVISION, INTERFACE and CHANGE two. */
export const NODE = 0;
export const PREFIX = 1;
export const SUFFIX = 2;
export const ADDRESS = 6;
export const NEXT = 7;
export const PREVIOUS = 8;
export const MORE = 9;
export const UID = 10;
export const REVISION = 14;
export const CREATED = 16;
export const SINCE = 17;
export const INTERFACE = 18;
/** One double: must be even, as STRIDE. */
const CHANGE = 20;
const STRIDE = 22;

/** Bits of a row's flags. */
export const USED = 1;
/** One for each list that may be under way at a time: set by its start, cleared where it names the row. */
export const MARKS: readonly number[] = [2, 32, 64];
/** The uid is not a UUID: its first word is an interned text. */
export const UID_TEXT = 4;
/** `created` is not whole seconds: its word is an interned text. */
export const CREATED_TEXT = 8;
/** The first network is an IPv4 address, kept in the row. */
export const INLINE = 16;
/** The interface has no name as Calico gives one: its first word is an interned text. */
export const INTERFACE_TEXT = 128;

/** Whoever rows are given to: a cluster. */
export class RowHolder {
  /** Never used again; part of the hash of a key. */
  readonly id: number;
  readonly pages: Page[] = [];
  /** Those with room. */
  readonly open: Page[] = [];
  rows = 0;

  constructor(id: number) {
    this.id = id;
  }
}

interface Page {
  /** Its first row. */
  readonly base: number;
  holder: RowHolder | undefined;
  used: number;
  /** Rows from here on were never used. */
  fresh: number;
  /** Head of the chain of freed rows (through NODE), as offset + 1; 0 = none. */
  freed: number;
  place: number;
  openPlace: number;
}

interface Chunk {
  readonly words: Uint32Array;
  /** The same memory: revisions of the index grow past 32 bits within months. */
  readonly doubles: Float64Array;
  /** Template of each row, 0 in rows that are not in use: a scan need look at nothing else. */
  readonly templates: Uint32Array;
  readonly flags: Uint8Array;
}

/**
 * The columns of all WorkloadEndpoints. Chunks of 64k rows are added and never copied; an empty one is given back
 * once there is as much room again. The template has a column of its own, as selectors scan it; the other words of
 * a row lie side by side, as they are read together.
 */
export class EndpointRows {
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #pages: Page[] = [];
  #freePages: Page[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#chunks.reduce((bytes, chunk) => bytes + (chunk ? CHUNK_ROWS * (STRIDE * 4 + 5) : 0), 0);
  }

  allocate(holder: RowHolder): number {
    const page = holder.open.at(-1) ?? this.#openPage(holder);
    let offset = page.fresh;
    if (page.freed !== 0) {
      offset = page.freed - 1;
      page.freed = this.get(page.base + offset, NODE);
    } else {
      page.fresh++;
    }
    page.used++;
    holder.rows++;
    this.#size++;
    if (page.used === PAGE_ROWS) this.#close(page, holder);
    const row = page.base + offset;
    this.setFlags(row, USED);
    return row;
  }

  free(row: number): void {
    const page = this.#pages[row >>> PAGE_BITS] as Page;
    const holder = page.holder as RowHolder;
    this.setFlags(row, 0);
    this.setTemplate(row, 0);
    this.set(row, NODE, page.freed);
    page.freed = (row & (PAGE_ROWS - 1)) + 1;
    if (page.used === PAGE_ROWS) {
      page.openPlace = holder.open.length;
      holder.open.push(page);
    }
    page.used--;
    holder.rows--;
    this.#size--;
    if (page.used === 0) this.#giveBack(page, holder);
  }

  holder(row: number): RowHolder {
    return (this.#pages[row >>> PAGE_BITS] as Page).holder as RowHolder;
  }

  /** The rows in use; any may be freed while it is walked, none added. */
  *of(holder: RowHolder): Generator<number> {
    for (const page of holder.pages.slice()) {
      const end = page.base + page.fresh;
      for (let row = page.base; row < end; row++) if (this.flags(row) & USED) yield row;
    }
  }

  /** The rows in use of all `holders`, one holder after the other. A walk of its own: a generator takes ten times as long. */
  numbers(holders: readonly RowHolder[]): Uint32Array {
    const numbers = new Uint32Array(holders.reduce((sum, { rows }) => sum + rows, 0));
    let next = 0;
    for (const { pages } of holders) {
      for (const { base, fresh } of pages) {
        const { flags } = this.#chunk(base);
        const from = base & CHUNK_MASK;
        for (let at = 0; at < fresh; at++) {
          if ((flags[from + at] as number) & USED) numbers[next++] = base + at;
        }
      }
    }
    return numbers;
  }

  /** Sets `flag` in every row of `holder`. */
  mark(holder: RowHolder, flag: number): void {
    this.#change(holder, (flags) => (flags & USED ? flags | flag : flags));
  }

  unmark(holder: RowHolder, flag: number): void {
    this.#change(holder, (flags) => flags & ~flag);
  }

  get(row: number, word: number): number {
    return this.#chunk(row).words[(row & CHUNK_MASK) * STRIDE + word] as number;
  }

  set(row: number, word: number, value: number): void {
    this.#chunk(row).words[(row & CHUNK_MASK) * STRIDE + word] = value;
  }

  /** The change that gave the row its present content. */
  change(row: number): number {
    return this.#chunk(row).doubles[((row & CHUNK_MASK) * STRIDE + CHANGE) / 2] as number;
  }

  setChange(row: number, revision: number): void {
    this.#chunk(row).doubles[((row & CHUNK_MASK) * STRIDE + CHANGE) / 2] = revision;
  }

  template(row: number): number {
    return this.#chunk(row).templates[row & CHUNK_MASK] as number;
  }

  setTemplate(row: number, template: number): void {
    this.#chunk(row).templates[row & CHUNK_MASK] = template;
  }

  /** The templates of some rows of one page. */
  templatesOf(from: number, to: number): Uint32Array {
    return this.#chunk(from).templates.subarray(from & CHUNK_MASK, (from & CHUNK_MASK) + to - from);
  }

  flags(row: number): number {
    return this.#chunk(row).flags[row & CHUNK_MASK] as number;
  }

  setFlags(row: number, flags: number): void {
    this.#chunk(row).flags[row & CHUNK_MASK] = flags;
  }

  #chunk(row: number): Chunk {
    return this.#chunks[row >>> CHUNK_BITS] as Chunk;
  }

  #change(holder: RowHolder, change: (flags: number) => number): void {
    for (const { base, fresh } of holder.pages) {
      const { flags } = this.#chunk(base);
      const from = base & CHUNK_MASK;
      for (let at = from; at < from + fresh; at++) flags[at] = change(flags[at] as number);
    }
  }

  #openPage(holder: RowHolder): Page {
    if (this.#freePages.length === 0) this.#addChunk();
    const page = this.#freePages.pop() as Page;
    page.holder = holder;
    page.place = holder.pages.length;
    page.openPlace = holder.open.length;
    holder.pages.push(page);
    holder.open.push(page);
    return page;
  }

  #close(page: Page, holder: RowHolder): void {
    const last = holder.open.pop() as Page;
    if (last === page) return;
    holder.open[page.openPlace] = last;
    last.openPlace = page.openPlace;
  }

  #giveBack(page: Page, holder: RowHolder): void {
    this.#close(page, holder);
    const last = holder.pages.pop() as Page;
    if (last !== page) {
      holder.pages[page.place] = last;
      last.place = page.place;
    }
    page.holder = undefined;
    page.fresh = 0;
    page.freed = 0;
    this.#freePages.push(page);
    if (this.#freePages.length >= 2 * CHUNK_PAGES) this.#dropChunk(page.base >>> CHUNK_BITS);
  }

  #addChunk(): void {
    const hole = this.#chunks.indexOf(undefined);
    const index = hole < 0 ? this.#chunks.length : hole;
    const words = new Uint32Array(CHUNK_ROWS * STRIDE);
    this.#chunks[index] = {
      words,
      doubles: new Float64Array(words.buffer),
      templates: new Uint32Array(CHUNK_ROWS),
      flags: new Uint8Array(CHUNK_ROWS),
    };
    for (let i = CHUNK_PAGES - 1; i >= 0; i--) {
      const base = index * CHUNK_ROWS + i * PAGE_ROWS;
      const page: Page = { base, holder: undefined, used: 0, fresh: 0, freed: 0, place: 0, openPlace: 0 };
      this.#pages[base >>> PAGE_BITS] = page;
      this.#freePages.push(page);
    }
  }

  /** If no page of it is in use. */
  #dropChunk(index: number): void {
    const first = index * CHUNK_PAGES;
    for (let i = first; i < first + CHUNK_PAGES; i++) if (this.#pages[i]?.holder) return;
    this.#freePages = this.#freePages.filter((page) => page.base >>> CHUNK_BITS !== index);
    this.#chunks[index] = undefined;
  }
}
