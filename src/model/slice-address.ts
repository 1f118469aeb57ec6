import { canonicalAddress, isRefusedAddress } from './address.ts';
import type { AddressType } from './endpoint-slice.ts';

/**
 * The addresses of a slice's endpoint that may be used: canonical and of the slice's family. What does not parse is
 * left out, as Felix does, and so is what is never taken from a remote (`isRefusedAddress`). Names of an FQDN slice
 * stay as they are. An endpoint without any is to be left out.
 */
export function usableSliceAddresses(type: AddressType, texts: readonly string[]): readonly string[] {
  if (type === 'FQDN') return texts;
  const usable: string[] = [];
  for (const text of texts) {
    const address = canonicalAddress(text);
    if (address === undefined || familyOf(address) !== type || isRefusedAddress(address)) continue;
    usable.push(address);
  }
  return usable;
}

/** The family of a canonical address. */
export function familyOf(address: string): 'IPv4' | 'IPv6' {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
