import { createHash } from 'node:crypto';
import type { KubeEndpoint } from './endpoint.ts';

/**
 * A digest of all that a live connection is made from, file contents included. Not of what is read again in place:
 * a token file stands with its path, an exec plugin with its command line. Nor of the paths of the other files:
 * the same content from elsewhere needs no new connection.
 */
export function fingerprintOf(endpoint: KubeEndpoint): string {
  const { server, tls, proxy, credential, impersonation } = endpoint;
  return createHash('sha256')
    .update(JSON.stringify(sorted({ server, tls, proxy, credential, impersonation })))
    .digest('hex');
}

/** Keys in order, so that the order of a YAML mapping does not count. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
