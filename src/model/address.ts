import { excerpt } from './conversion-error.ts';
import { formatIPv6, parseIPv6 } from './ipv6.ts';

/** Text that is not an address or CIDR. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

interface Network {
  /** One u32 for IPv4, eight 16-bit groups for IPv6. Host bits are zero. */
  readonly groups: readonly number[];
  readonly prefix: number;
}

const ZERO = 48;
const DOT = 46;

/**
 * The IPv4 address in front of `end` as an unsigned 32-bit number, or -1 where the text is not four decimal numbers without leading
 * zeros. An address for which this succeeds is canonical as it stands.
 */
export function parseIPv4(text: string, end = text.length): number {
  let address = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return -1;
      address = address * 256 + octet;
      octet = 0;
      digits = 0;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return -1;
      octet = octet * 10 + digit;
      if (octet > 255) return -1;
      digits++;
    }
  }
  return dots === 3 && digits > 0 ? address * 256 + octet : -1;
}

/**
 * `10.0.0.77/24` → `10.0.0.0/24`, `FD00::0001` → `fd00::1/128`, as Calico prints networks: host bits masked, a bare
 * address gets its full length, IPv4-mapped IPv6 becomes IPv4, IPv6 as in RFC 5952. Zones and leading zeros in IPv4
 * are refused. Throws AddressError.
 */
export function canonicalCidr(text: string): string {
  if (text.endsWith('/32') && parseIPv4(text, text.length - 3) >= 0) return text;
  if (parseIPv4(text) >= 0) return `${text}/32`;
  return formatNetwork(parseNetwork(text));
}

/** A bare address in canonical form, undefined where it does not parse (also with a prefix length or zone). */
export function canonicalAddress(text: string): string | undefined {
  if (parseIPv4(text) >= 0) return text;
  const groups = text.includes('/') ? undefined : parseGroups(text);
  if (groups === undefined) return undefined;
  return formatGroups(groups.length === 8 ? (unmapped(groups) ?? groups) : groups);
}

/** The address part of a canonical CIDR. */
export function addressOfCidr(cidr: string): string {
  const slash = cidr.indexOf('/');
  return slash < 0 ? cidr : cidr.slice(0, slash);
}

/**
 * Whether an address or CIDR touches a range that is never taken from a remote cluster: unspecified (0.0.0.0/8, ::),
 * loopback, link-local, multicast, 255.255.255.255. Also true for text that does not parse.
 */
export function isRefusedAddress(canonical: string): boolean {
  const ipv4 = parseIPv4(canonical, canonical.endsWith('/32') ? canonical.length - 3 : canonical.length);
  if (ipv4 >= 0) return isRefusedIPv4(ipv4);
  const network = tryParseNetwork(canonical);
  if (network === undefined) return true;
  if (network.prefix === 128) return isRefusedIPv6(network.groups);
  return REFUSED.some((range) => overlap(range, network));
}

function isRefusedIPv4(address: number): boolean {
  const first = address >>> 24;
  return (
    first === 0 ||
    first === 127 ||
    (first & 0xf0) === 0xe0 ||
    address >>> 16 === 0xa9fe ||
    address === 0xffffffff
  );
}

function isRefusedIPv6(groups: readonly number[]): boolean {
  const first = groups[0] ?? 0;
  if (first !== 0) return (first & 0xffc0) === 0xfe80 || first >>> 8 === 0xff;
  return (groups[7] ?? 0) <= 1 && groups.slice(1, 7).every((group) => group === 0);
}

function tryParseNetwork(text: string): Network | undefined {
  try {
    return parseNetwork(text);
  } catch {
    return undefined;
  }
}

function parseNetwork(text: string): Network {
  const slash = text.indexOf('/');
  const groups = parseGroups(slash < 0 ? text : text.slice(0, slash));
  if (groups === undefined) throw new AddressError(`${excerpt(text)} is not an IP address or CIDR`);
  const bits = groups.length === 1 ? 32 : 128;
  const prefix = slash < 0 ? bits : parsePrefix(text.slice(slash + 1), bits);
  if (prefix === undefined) {
    throw new AddressError(`${excerpt(text)} has no valid prefix length (0 to ${bits})`);
  }
  const masked = mask(groups, prefix);
  const ipv4 = masked.length === 8 && prefix >= 96 ? unmapped(masked) : undefined;
  return ipv4 === undefined ? { groups: masked, prefix } : { groups: ipv4, prefix: prefix - 96 };
}

function parsePrefix(text: string, bits: number): number | undefined {
  if (!/^\d{1,6}$/.test(text)) return undefined;
  const prefix = Number(text);
  return prefix <= bits ? prefix : undefined;
}

/** One group for IPv4, eight for IPv6. */
function parseGroups(text: string): readonly number[] | undefined {
  const ipv4 = parseIPv4(text);
  if (ipv4 >= 0) return [ipv4];
  const plain = withoutDottedTail(text);
  return plain === undefined ? undefined : parseIPv6(plain);
}

/** `::ffff:1.2.3.4` → `::ffff:102:304`. */
function withoutDottedTail(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const colon = text.lastIndexOf(':');
  if (colon < 0) return undefined;
  const ipv4 = parseIPv4(text.slice(colon + 1));
  if (ipv4 < 0) return undefined;
  return `${text.slice(0, colon + 1)}${(ipv4 >>> 16).toString(16)}:${(ipv4 & 0xffff).toString(16)}`;
}

function unmapped(groups: readonly number[]): readonly number[] | undefined {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups;
  if (a !== 0 || b !== 0 || c !== 0 || d !== 0 || e !== 0 || f !== 0xffff) return undefined;
  return [high * 65_536 + low];
}

function mask(groups: readonly number[], prefix: number): readonly number[] {
  const width = groups.length === 1 ? 32 : 16;
  if (prefix === width * groups.length) return groups;
  return groups.map((group, i) => {
    const host = Math.min(width, Math.max(0, width * (i + 1) - prefix));
    // Division, not a shift: a shift by 32 is a shift by 0.
    return Math.floor(group / 2 ** host) * 2 ** host;
  });
}

function overlap(a: Network, b: Network): boolean {
  if (a.groups.length !== b.groups.length) return false;
  const prefix = Math.min(a.prefix, b.prefix);
  const other = mask(b.groups, prefix);
  return mask(a.groups, prefix).every((group, i) => group === other[i]);
}

function formatNetwork(network: Network): string {
  return `${formatGroups(network.groups)}/${network.prefix}`;
}

function formatGroups(groups: readonly number[]): string {
  const [ipv4 = 0] = groups;
  if (groups.length === 1) return `${ipv4 >>> 24}.${(ipv4 >>> 16) & 255}.${(ipv4 >>> 8) & 255}.${ipv4 & 255}`;
  return formatIPv6(groups);
}

const REFUSED: readonly Network[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
].map(parseNetwork);
