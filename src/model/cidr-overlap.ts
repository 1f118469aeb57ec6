import ipaddr from 'ipaddr.js';
import { canonicalCidr } from './address.ts';

/** Whether two CIDRs (or addresses) have an address in common; false where one does not parse. */
export function cidrsOverlap(a: string, b: string): boolean {
  const first = parse(a);
  const second = parse(b);
  if (!first || !second || first[0].kind() !== second[0].kind()) return false;
  return first[0].match(second[0], Math.min(first[1], second[1]));
}

/**
 * The family and the bits of the prefix as text, undefined where it does not parse: of two CIDRs that share addresses
 * one's bits begin with the other's.
 */
export function cidrBits(text: string): string | undefined {
  const parsed = parse(text);
  if (!parsed) return undefined;
  const [address, length] = parsed;
  const bits = address.toByteArray().map((byte) => byte.toString(2).padStart(8, '0'));
  return `${address.kind() === 'ipv4' ? '4' : '6'}${bits.join('').slice(0, length)}`;
}

/** Through our own canonical form first: ipaddr.js also takes octal, hexadecimal and shortened IPv4. */
function parse(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  try {
    return ipaddr.parseCIDR(canonicalCidr(text));
  } catch {
    return undefined;
  }
}
