const DASH = 45;

/** Four 32-bit words. */
export type Words = Uint32Array;

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
/** By character: the value of a hexadecimal digit as it is written in lower case, or NO_DIGIT. */
const NO_DIGIT = 16;
const VALUES = new Uint8Array(128).fill(NO_DIGIT);
for (const [value, digit] of DIGITS.entries()) VALUES[digit] = value;

/**
 * Reads a UUID in its usual 36 lower-case characters; false, with `out` undefined, for any other text. Every change looks at one:
 * four digits at a time, without a branch for each, takes less than half of the time.
 */
export function packUuid(text: string, out: Words): boolean {
  if (text.length !== 36 || !hasDashes(text)) return false;
  const a = fourDigits(text, 0);
  const b = fourDigits(text, 4);
  const c = fourDigits(text, 9);
  const d = fourDigits(text, 14);
  const e = fourDigits(text, 19);
  const f = fourDigits(text, 24);
  const g = fourDigits(text, 28);
  const h = fourDigits(text, 32);
  // One that is no number is negative, and so is what they make together.
  if ((a | b | c | d | e | f | g | h) < 0) return false;
  out[0] = (a << 16) | b;
  out[1] = (c << 16) | d;
  out[2] = (e << 16) | f;
  out[3] = (g << 16) | h;
  return true;
}

function hasDashes(text: string): boolean {
  return (
    text.charCodeAt(8) === DASH &&
    text.charCodeAt(13) === DASH &&
    text.charCodeAt(18) === DASH &&
    text.charCodeAt(23) === DASH
  );
}

/** Those from `at` on as one number, or -1. */
function fourDigits(text: string, at: number): number {
  const a = text.charCodeAt(at);
  const b = text.charCodeAt(at + 1);
  const c = text.charCodeAt(at + 2);
  const d = text.charCodeAt(at + 3);
  if ((a | b | c | d) > 127) return -1;
  const first = VALUES[a] as number;
  const second = VALUES[b] as number;
  const third = VALUES[c] as number;
  const fourth = VALUES[d] as number;
  if ((first | second | third | fourth) & NO_DIGIT) return -1;
  return (first << 12) | (second << 8) | (third << 4) | fourth;
}

/** One conversion of bytes takes half the time of `String.fromCharCode` with 36 arguments. */
const codes = Buffer.alloc(36, DASH);

export function formatUuid(a: number, b: number, c: number, d: number): string {
  let at = putDigits(a, 28, 0, 0);
  at = putDigits(b, 28, 16, at + 1);
  at = putDigits(b, 12, 0, at + 1);
  at = putDigits(c, 28, 16, at + 1);
  at = putDigits(c, 12, 0, at + 1);
  putDigits(d, 28, 0, at);
  return codes.toString('latin1');
}

/** The digits of `word` from bit `high` down to bit `low`; returns the place behind them. */
function putDigits(word: number, high: number, low: number, from: number): number {
  let at = from;
  for (let shift = high; shift >= low; shift -= 4) codes[at++] = DIGITS[(word >>> shift) & 15] as number;
  return at;
}
