import { canonicalCidr, parseIPv4 } from './address.ts';
import { parseIPv6 } from './ipv6.ts';

interface Range {
  readonly cidr: string;
  readonly contains: (groups: readonly number[]) => boolean;
}

/** Networks in which many addresses are looked up. CIDRs that do not parse are left out. */
export class CidrSet {
  readonly #ranges: readonly Range[];

  constructor(cidrs: readonly string[]) {
    this.#ranges = cidrs.flatMap(rangeOf);
  }

  /** The first network that contains this canonical address, in canonical form. */
  find(address: string): string | undefined {
    if (this.#ranges.length === 0) return undefined;
    const groups = groupsOf(address);
    return groups && this.#ranges.find((range) => range.contains(groups))?.cidr;
  }
}

/** One group of 32 bits for IPv4, eight of 16 for IPv6. */
function groupsOf(address: string): readonly number[] | undefined {
  const ipv4 = parseIPv4(address);
  return ipv4 >= 0 ? [ipv4] : parseIPv6(address);
}

function rangeOf(text: string): Range[] {
  const cidr = tryCanonical(text);
  const slash = cidr?.indexOf('/') ?? -1;
  const network = cidr && groupsOf(cidr.slice(0, slash));
  if (!cidr || !network) return [];
  const width = network.length === 1 ? 32 : 16;
  const prefix = Number(cidr.slice(slash + 1));
  // Division, not a shift: a shift by 32 is a shift by 0.
  const blocks = network.map((_, i) => 2 ** Math.min(width, Math.max(0, width * (i + 1) - prefix)));
  const firsts = network.map((group, i) => Math.floor(group / (blocks[i] ?? 1)));
  return [
    {
      cidr,
      contains: (groups) =>
        groups.length === network.length &&
        firsts.every((first, i) => Math.floor((groups[i] ?? 0) / (blocks[i] ?? 1)) === first),
    },
  ];
}

function tryCanonical(text: string): string | undefined {
  try {
    return canonicalCidr(text);
  } catch {
    return undefined;
  }
}
