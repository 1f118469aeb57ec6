/**
 * 32-bit hashes for the tables of this room. Seeded by the caller: names come from remote clusters, and whoever
 * knows the hash could choose names that collide.
 */
export function hashText(seed: number, text: string): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
    hash = (hash << 13) | (hash >>> 19);
  }
  return hash ^ text.length;
}

export function hashNumber(seed: number, value: number): number {
  const hash = Math.imul(seed ^ value, 0x85ebca6b);
  return (hash << 15) | (hash >>> 17);
}

/** Spreads what `hashText` and `hashNumber` left over all bits; the result is unsigned. */
export function finishHash(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
