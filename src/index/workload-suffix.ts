/** How many characters of a workload's name are kept in its row. */
export const SUFFIX_LENGTH = 16;
const DASH = 45;

/**
 * Splits a workload's name into a part that many share and up to 16 ASCII characters that go into the row; returns
 * the length of the first. The cut is after the earliest `-` that leaves no more than 16: `web-7d9f8c6b5d-x2x4z`
 * gives `web-`, so a new ReplicaSet or Job brings no new prefix. Without such a `-` it is 16 from the end; a name
 * that ends in other characters than ASCII is all prefix.
 */
export function splitWorkload(name: string): number {
  const length = name.length;
  const hardCut = Math.max(0, length - SUFFIX_LENGTH);
  for (let i = hardCut; i < length; i++) {
    const code = name.charCodeAt(i);
    if (code === 0 || code > 127) return length;
  }
  if (hardCut === 0) return 0;
  for (let i = hardCut; i < length; i++) if (name.charCodeAt(i - 1) === DASH) return i;
  return hardCut;
}

/** The suffix from `cut` on as four words, the first character in the high byte of the first; 0 behind the end. */
export function packSuffix(name: string, cut: number, out: Uint32Array): void {
  out[0] = 0;
  out[1] = 0;
  out[2] = 0;
  out[3] = 0;
  for (let i = cut; i < name.length; i++) {
    const at = i - cut;
    out[at >> 2] = (out[at >> 2] as number) | (name.charCodeAt(i) << (24 - 8 * (at & 3)));
  }
}

/** What one word of `packSuffix` holds. */
export function suffixText(word: number): string {
  if (word === 0) return '';
  if (word & 0xff) {
    return String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
  }
  if (word & 0xff00) return String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255);
  if (word & 0xff0000) return String.fromCharCode(word >>> 24, (word >>> 16) & 255);
  return String.fromCharCode(word >>> 24);
}
