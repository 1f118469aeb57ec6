/** What `first` and `next` return at the end. */
export const NONE = -1;

const FIRST_CAPACITY = 16;
/** A segment is rebuilt in some 20 us at this size, so no insert stalls. */
const MAX_CAPACITY = 4096;
const MAX_LOAD = 0.8;
/** Capacity grows by a quarter: segments then stay 64 to 80 % full. */
const GROWTH = 1.25;
const MAX_DEPTH = 16;

interface Segment {
  /** Pairs of hash and id + 1; 0 = free. */
  slots: Uint32Array;
  capacity: number;
  count: number;
  /** How many leading bits of the hash its entries share. */
  depth: number;
}

/**
 * From 32-bit hashes to ids below 2^32 - 1, several ids per hash; what an id stands for is the caller's business.
 *
 * Extendible hashing over small linear-probing tables. Not one big table: its growth would stop the loop for tens of
 * milliseconds. Removal moves later entries back instead of leaving tombstones, so endless churn does not wear it out.
 *
 * Look up with `first(hash)`, then `next()` until NONE. One look-up at a time; `add` and `remove` end it.
 */
export class HashIndex {
  #directory: Segment[] = [newSegment(FIRST_CAPACITY, 0)];
  #depth = 0;
  #size = 0;
  #slots: Uint32Array = new Uint32Array(0);
  #capacity = 0;
  #at = 0;
  #hash = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    let bytes = this.#directory.length * 8;
    for (const segment of new Set(this.#directory)) bytes += segment.slots.byteLength;
    return bytes;
  }

  first(hash: number): number {
    const segment = this.#segment(hash);
    this.#slots = segment.slots;
    this.#capacity = segment.capacity;
    this.#hash = hash;
    this.#at = home(hash, segment.capacity);
    return this.next();
  }

  next(): number {
    const slots = this.#slots;
    let at = this.#at;
    for (;;) {
      const stored = slots[2 * at + 1] as number;
      if (stored === 0) return NONE;
      const found = slots[2 * at] === this.#hash;
      if (++at === this.#capacity) at = 0;
      if (found) {
        this.#at = at;
        return stored - 1;
      }
    }
  }

  add(hash: number, id: number): void {
    let segment = this.#segment(hash);
    while (segment.count + 1 > segment.capacity * MAX_LOAD) {
      this.#makeRoom(segment, hash);
      segment = this.#segment(hash);
    }
    insert(segment, hash, id + 1);
    this.#size++;
  }

  /** Does nothing where the pair is not there. */
  remove(hash: number, id: number): void {
    const segment = this.#segment(hash);
    const at = position(segment, hash, id + 1);
    if (at === NONE) return;
    closeGap(segment, at);
    segment.count--;
    this.#size--;
  }

  /** The pair (hash, id) becomes (hash, other). */
  replace(hash: number, id: number, other: number): void {
    const segment = this.#segment(hash);
    const at = position(segment, hash, id + 1);
    if (at !== NONE) segment.slots[2 * at + 1] = other + 1;
  }

  #segment(hash: number): Segment {
    return this.#directory[this.#depth === 0 ? 0 : hash >>> (32 - this.#depth)] as Segment;
  }

  #makeRoom(segment: Segment, hash: number): void {
    if (segment.capacity < MAX_CAPACITY || segment.depth >= MAX_DEPTH) {
      rebuild(segment, Math.ceil(segment.capacity * GROWTH));
      return;
    }
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each]);
      this.#depth++;
    }
    this.#split(segment, hash);
  }

  #split(segment: Segment, hash: number): void {
    const depth = segment.depth + 1;
    // Counted first: to fill two large segments and make them smaller then took 3 % of a first list.
    const upper = countUpper(segment, depth);
    const halves = [newHalf(segment.count - upper, depth), newHalf(upper, depth)] as const;
    const { slots, capacity } = segment;
    for (let at = 0; at < capacity; at++) {
      const stored = slots[2 * at + 1] as number;
      if (stored === 0) continue;
      const pairHash = slots[2 * at] as number;
      insert(isUpper(pairHash, depth) ? halves[1] : halves[0], pairHash, stored);
    }
    const width = 1 << (this.#depth - depth);
    const from = (depth === 1 ? 0 : hash >>> (32 - segment.depth)) * 2 * width;
    this.#directory.fill(halves[0], from, from + width);
    this.#directory.fill(halves[1], from + width, from + 2 * width);
  }
}

function newSegment(capacity: number, depth: number): Segment {
  return { slots: new Uint32Array(2 * capacity), capacity, count: 0, depth };
}

/** With room for `count` pairs and some more. */
function newHalf(count: number, depth: number): Segment {
  const capacity = Math.ceil((count + 1) / (MAX_LOAD / GROWTH));
  return newSegment(Math.min(MAX_CAPACITY, Math.max(FIRST_CAPACITY, capacity)), depth);
}

function isUpper(hash: number, depth: number): boolean {
  return ((hash >>> (32 - depth)) & 1) === 1;
}

function countUpper({ slots, capacity }: Segment, depth: number): number {
  let count = 0;
  for (let at = 0; at < capacity; at++) {
    if (slots[2 * at + 1] !== 0 && isUpper(slots[2 * at] as number, depth)) count++;
  }
  return count;
}

/** The leading bits choose the segment, the trailing 16 the place in it; any capacity will do. */
function home(hash: number, capacity: number): number {
  return ((hash & 0xffff) * capacity) >>> 16;
}

function insert(segment: Segment, hash: number, stored: number): void {
  const { slots, capacity } = segment;
  let at = home(hash, capacity);
  while (slots[2 * at + 1] !== 0) if (++at === capacity) at = 0;
  slots[2 * at] = hash;
  slots[2 * at + 1] = stored;
  segment.count++;
}

function position(segment: Segment, hash: number, stored: number): number {
  const { slots, capacity } = segment;
  let at = home(hash, capacity);
  for (;;) {
    const here = slots[2 * at + 1];
    if (here === 0) return NONE;
    if (here === stored && slots[2 * at] === hash) return at;
    if (++at === capacity) at = 0;
  }
}

/** Moves back every later entry of the run that may stand nearer to its home. */
function closeGap(segment: Segment, removed: number): void {
  const { slots, capacity } = segment;
  let gap = removed;
  let at = removed;
  for (;;) {
    if (++at === capacity) at = 0;
    const stored = slots[2 * at + 1] as number;
    if (stored === 0) break;
    const hash = slots[2 * at] as number;
    const from = home(hash, capacity);
    const stays = gap <= at ? gap < from && from <= at : gap < from || from <= at;
    if (stays) continue;
    slots[2 * gap] = hash;
    slots[2 * gap + 1] = stored;
    gap = at;
  }
  slots[2 * gap + 1] = 0;
}

function rebuild(segment: Segment, capacity: number): void {
  const grown = newSegment(capacity, segment.depth);
  const { slots } = segment;
  for (let at = 0; at < segment.capacity; at++) {
    const stored = slots[2 * at + 1] as number;
    if (stored !== 0) insert(grown, slots[2 * at] as number, stored);
  }
  segment.slots = grown.slots;
  segment.capacity = capacity;
}
