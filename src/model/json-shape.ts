import type { JsonHole } from './json-holes.ts';

const SHORT = 32;
const QUOTE = 34;
const BACKSLASH = 92;
const FIRST_PRINTABLE = 32;
const LAST_ASCII = 126;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** A text of a shape, and where its holes lie. */
export interface ShapedText {
  readonly text: Buffer;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * One JSON text with holes where others differ. A text whose bytes are the same outside the holes, with a plain ASCII string in each
 * hole for a string, and in each hole for a region something that JSON.parse accepts, is the same JSON but for the holes.
 */
export class JsonShape {
  readonly #text: Buffer;
  /** The text in front of each hole, and behind the last one, as start and end; not as views: those are costly to keep. */
  readonly #pieces: readonly number[];
  readonly #isRegion: readonly boolean[];
  /** The holes that differ even where others are the same. */
  readonly #own: readonly number[];
  /** Where the holes of the text lie that was looked at last. */
  readonly starts: number[];
  readonly ends: number[];

  /** Takes `text`; it must not change any more. `isOwn` says which holes `isLike` lets differ. */
  constructor(text: Buffer, holes: readonly JsonHole[], isOwn: (path: string) => boolean) {
    this.#text = text;
    this.#pieces = [0, ...holes.flatMap(({ start, end }) => [start, end]), text.length];
    this.#isRegion = holes.map(({ kind }) => kind === 'region');
    this.#own = holes.flatMap(({ path }, i) => (isOwn(path) ? [i] : []));
    this.starts = holes.map(({ start }) => start);
    this.ends = holes.map(({ end }) => end);
  }

  /** Whether the value has the pieces, with what may be a string or a region in between. */
  fits(value: Buffer): boolean {
    const last = this.starts.length;
    let at = 0;
    for (let i = 0; i <= last; i++) {
      const from = this.#pieces[2 * i] as number;
      const to = this.#pieces[2 * i + 1] as number;
      if (!isAt(value, at, this.#text, from, to)) return false;
      at += to - from;
      if (i === last) break;
      at = this.#hole(value, i, at);
      if (at < 0) return false;
    }
    return at === value.length;
  }

  /** Whether the value differs from another text of this shape in own holes only. Then only these are known: the others are as there. */
  isLike(value: Buffer, { text, starts, ends }: ShapedText): boolean {
    let at = 0;
    let from = 0;
    for (const i of this.#own) {
      const to = starts[i] as number;
      if (!isAt(value, at, text, from, to)) return false;
      at = this.#hole(value, i, at + to - from);
      if (at < 0) return false;
      from = ends[i] as number;
    }
    return at + text.length - from === value.length && isAt(value, at, text, from, text.length);
  }

  /** Whether `value`, which fits, has in a hole what another text has there. */
  has(value: Buffer, hole: number, { text, starts, ends }: ShapedText): boolean {
    const at = this.starts[hole] as number;
    const start = starts[hole] as number;
    const end = ends[hole] as number;
    return (this.ends[hole] as number) - at === end - start && isAt(value, at, text, start, end);
  }

  /** Notes what is in a hole; where it ends, -1 for what cannot be there. */
  #hole(value: Buffer, i: number, at: number): number {
    const end = this.#isRegion[i] === true ? endOfRegion(value, at) : endOfString(value, at);
    this.starts[i] = at;
    this.ends[i] = end;
    return end;
  }
}

/** Whether `value` has at `at` what `text` has at [from, to). A call into C++ costs as much as comparing some thirty bytes here. */
// eslint-disable-next-line max-params -- called several times for each endpoint: no object for the two ranges
function isAt(value: Buffer, at: number, text: Buffer, from: number, to: number): boolean {
  const end = at + to - from;
  if (end > value.length) return false;
  if (to - from > SHORT) return value.compare(text, from, to, at, end) === 0;
  for (let i = from; i < to; i++) if (text[i] !== value[at + i - from]) return false;
  return true;
}

/** Where the string that starts here ends: at its quote, or sooner at what does not belong into a plain string. */
function endOfString(value: Buffer, start: number): number {
  let at = start;
  for (; at < value.length; at++) {
    const code = value[at] as number;
    if (code === QUOTE || code === BACKSLASH || code < FIRST_PRINTABLE || code > LAST_ASCII) break;
  }
  return at;
}

/** Where the list or object ends that starts here, -1 where none does. Whether it is one, JSON.parse must say. */
function endOfRegion(value: Buffer, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < value.length; at++) {
    const code = value[at] as number;
    if (code === QUOTE) inString = !inString;
    else if (inString) at += code === BACKSLASH ? 1 : 0;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
    if (depth === 0 && !inString) return code === CLOSE_BRACE || code === CLOSE_BRACKET ? at + 1 : -1;
  }
  return -1;
}
