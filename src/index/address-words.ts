import { parseIPv4 } from '../model/address.ts';

/** Stands where an IPv6 address has its first 96 bits: no unicast address starts so. */
const IPV4_MARK = 0xffffffff;

/**
 * A canonical full-length CIDR (`10.0.0.1/32`, `fd00::1/128`) or address as four words; false, with `out` undefined,
 * for any other text.
 */
export function packAddress(text: string, out: Uint32Array): boolean {
  const ipv4 = ipv4OfCidr(text);
  if (ipv4 >= 0) {
    setIPv4(ipv4, out);
    return true;
  }
  const slash = text.indexOf('/');
  if (slash >= 0 && text.slice(slash) !== '/128') return false;
  const address = slash < 0 ? text : text.slice(0, slash);
  return packIPv6(address, out) && formatAddress(out) === address;
}

export function setIPv4(address: number, out: Uint32Array): void {
  out[0] = IPV4_MARK;
  out[1] = IPV4_MARK;
  out[2] = IPV4_MARK;
  out[3] = address;
}

/** The address of `a.b.c.d/32` or `a.b.c.d`, or -1. */
export function ipv4OfCidr(text: string): number {
  return parseIPv4(text, text.endsWith('/32') ? text.length - 3 : text.length);
}

export function formatIPv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The canonical text (RFC 5952 for IPv6), without a prefix length. */
export function formatAddress(words: Uint32Array): string {
  if (isIPv4(words)) return formatIPv4(words[3] ?? 0);
  const [a = 0, b = 0, c = 0, d = 0] = words;
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  const [from, length] = longestZeroRun(groups);
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}

export function isIPv4(words: Uint32Array): boolean {
  return words[0] === IPV4_MARK && words[1] === IPV4_MARK && words[2] === IPV4_MARK;
}

function longestZeroRun(groups: readonly number[]): readonly [from: number, length: number] {
  let best = 0;
  let longest = 0;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > longest) {
      best = i;
      longest = end - i;
    }
    if (end > i) i = end;
  }
  return [best, longest];
}

/** Lenient: whoever needs the canonical form compares with what `formatAddress` makes of the result. */
function packIPv6(text: string, out: Uint32Array): boolean {
  if (text.length > 39 || !text.includes(':')) return false;
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return false;
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return false;
  const groups = [...front, ...Array.from({ length: missing }, () => 0), ...back];
  if (!groups.every((group) => group >= 0 && group <= 0xffff)) return false;
  for (let i = 0; i < 4; i++) out[i] = (groups[2 * i] ?? 0) * 65_536 + (groups[2 * i + 1] ?? 0);
  return true;
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').map((group) => (/^[0-9a-f]{1,4}$/.test(group) ? Number.parseInt(group, 16) : -1));
}
