import { canonicalAddress, parseIPv4 } from './address.ts';

/** Endpoints in canonical form (`https://host:port`), or what is wrong with each item. Values are never repeated. */
export interface EtcdEndpoints {
  readonly endpoints: readonly string[];
  readonly problems: readonly string[];
}

/**
 * Reads `etcdEndpoints`: `http(s)://host:port`, separated by commas, with blanks around the commas allowed and
 * IPv6 addresses in brackets. A single `/` at the end is dropped. Repeated endpoints count once.
 */
export function parseEtcdEndpoints(text: string): EtcdEndpoints {
  const endpoints = new Set<string>();
  const problems: string[] = [];
  const items = text.split(',');
  for (const [i, item] of items.entries()) {
    const read = readEndpoint(item.trim());
    if ('endpoint' in read) endpoints.add(read.endpoint);
    else problems.push(items.length === 1 ? read.problem : `item ${i + 1}: ${read.problem}`);
  }
  return { endpoints: [...endpoints], problems };
}

const FORM = 'expected http(s)://host:port';

function readEndpoint(item: string): { readonly endpoint: string } | { readonly problem: string } {
  if (item === '') return { problem: `is empty; ${FORM}` };
  const match = /^(https?):\/\/([^/?#]*)(\/?)$/i.exec(item);
  if (match === null) return { problem: `${unreadable(item)}; ${FORM}` };
  const [, scheme = '', authority = ''] = match;
  // Checked before anything else is said of it: it may hold a password.
  if (authority.includes('@')) return { problem: 'must not contain a user name or password' };
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(authority);
  if (parts === null)
    return { problem: `is not readable as host:port (IPv6 addresses need brackets); ${FORM}` };
  const [, host = '', port] = parts;
  if (!isHost(host)) return { problem: `has no valid host; ${FORM}` };
  if (port === undefined || port === '') return { problem: `has no port; ${FORM}` };
  if (!isPort(port)) return { problem: 'has a port that is not between 1 and 65535' };
  return { endpoint: `${scheme.toLowerCase()}://${host.toLowerCase()}:${Number(port)}` };
}

function unreadable(item: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(item)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'does not start with http:// or https://';
  return scheme === 'http' || scheme === 'https'
    ? 'has a path, query or fragment'
    : 'has a scheme other than http and https';
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/** A DNS name, an IPv4 address or an IPv6 address in brackets. */
function isHost(text: string): boolean {
  if (text.startsWith('[')) return text.includes(':') && canonicalAddress(text.slice(1, -1)) !== undefined;
  // All digits and dots is meant as an address: `300.1.1.1` is no name.
  if (/^[\d.]+$/.test(text)) return parseIPv4(text) >= 0;
  return (
    text.length <= 253 &&
    /^([a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*\.?$/i.test(text)
  );
}

/**
 * What is wrong with `k8sAPIEndpoint`, or undefined: `http(s)://host[:port][/path]` (a path is legal: proxies
 * such as `/k8s/clusters/x` use it). The value is never repeated.
 */
export function apiEndpointProblem(text: string): string | undefined {
  const form = 'expected http(s)://host[:port][/path]';
  const match = /^https?:\/\/([^/?#]*)([^?#]*)(.*)$/i.exec(text);
  if (match === null) return `does not start with http:// or https://; ${form}`;
  const [, authority = '', path = '', rest = ''] = match;
  if (authority.includes('@')) return 'must not contain a user name or password';
  if (rest !== '') return `has a query or fragment; ${form}`;
  if (/[^!-~]/.test(path)) return `has blanks or unusual characters in its path; ${form}`;
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d+))?$/.exec(authority);
  if (parts === null || !isHost(parts[1] ?? '')) return `has no valid host; ${form}`;
  if (parts[2] !== undefined && !isPort(parts[2])) return 'has a port that is not between 1 and 65535';
  return undefined;
}
