import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** An IP address of this host's loopback, as a socket shows it (`::ffff:127.0.0.1` too). */
export function isLoopbackAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return LOOPBACK.check(address, 'ipv4');
    case 6:
      // BlockList looks through IPv4-mapped addresses by itself.
      return LOOPBACK.check(address, 'ipv6');
    default:
      return false;
  }
}

/** A host to listen at that only this machine reaches: a loopback address or `localhost`. */
export function isLoopbackHost(host: string): boolean {
  return host.toLowerCase() === 'localhost' || isLoopbackAddress(host);
}

/** The `Host` or `:authority` of a request that was addressed to the loopback: `localhost:8001`, `[::1]`, `127.0.0.1`. */
export function isLoopbackAuthority(authority: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(authority);
  return match !== null && isLoopbackHost(match[1] ?? match[2] ?? '');
}
