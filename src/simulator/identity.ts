const HEX: readonly string[] = Array.from({ length: 0x10000 }, (_, i) => i.toString(16).padStart(4, '0'));

/** A well-mixed 32-bit number from two: the same for the same input, so nothing of it needs to be stored. */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The random (version 4) UUID of object `serial` in the world with that seed. */
export function uuid(seed: number, serial: number): string {
  const a = hex8(mix(seed, serial));
  const b = hex8(mix(seed + 1, serial));
  const c = hex8(mix(seed + 2, serial));
  const d = hex8(mix(seed + 3, serial));
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

/** A container runtime's 64 hex digits. */
export function containerId(seed: number, serial: number): string {
  let out = '';
  for (let i = 4; i < 12; i++) out += hex8(mix(seed + i, serial));
  return out;
}

function hex8(value: number): string {
  return (HEX[value >>> 16] ?? '') + (HEX[value & 0xffff] ?? '');
}

/** The letters and digits of Kubernetes' generated names. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIXES = ALPHABET.length ** 5;
/** Without a common factor with SUFFIXES (3^15), so that the first 14 million serials give different suffixes. */
const STEP = 7_919_317;

/** A five-letter suffix as `generateName` gives; differs for different serials. */
export function nameSuffix(serial: number): string {
  let rest = Number((BigInt(serial) * BigInt(STEP)) % BigInt(SUFFIXES));
  let out = '';
  for (let i = 0; i < 5; i++) {
    out += ALPHABET[rest % ALPHABET.length] ?? '';
    rest = Math.floor(rest / ALPHABET.length);
  }
  return out;
}

/** A pod-template hash: ten letters. */
export function templateHash(seed: number, serial: number): string {
  return nameSuffix(mix(seed, serial)) + nameSuffix(mix(seed + 7, serial));
}

/** Dotted form of a 32-bit address. */
export function ipv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
