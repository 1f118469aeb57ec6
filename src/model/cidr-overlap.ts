import ipaddr from 'ipaddr.js';
import { canonicalCidr } from './address.ts';

/** Whether two CIDRs (or addresses) have an address in common; false where one does not parse. */
export function cidrsOverlap(a: string, b: string): boolean {
  const first = parse(a);
  const second = parse(b);
  if (!first || !second || first[0].kind() !== second[0].kind()) return false;
  return first[0].match(second[0], Math.min(first[1], second[1]));
}

/** Through our own canonical form first: ipaddr.js also takes octal, hexadecimal and shortened IPv4. */
function parse(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  try {
    return ipaddr.parseCIDR(canonicalCidr(text));
  } catch {
    return undefined;
  }
}
