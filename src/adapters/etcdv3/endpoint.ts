import { DatastoreError } from '../../contract/datastore-error.ts';
import { parseEtcdEndpoints } from '../../model/rcc-parse-endpoints.ts';

/** One member of an etcd cluster as configured. */
export interface Endpoint {
  /** `https://[fd00::1]:2379`, for messages. */
  readonly url: string;
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `http(s)://host:port`, IPv6 in brackets. All or none must be https.
 *
 * @throws DatastoreError (`config`, `InvalidConfig`) that says what is wrong, without repeating the value.
 */
export function parseEndpoints(texts: readonly string[]): readonly Endpoint[] {
  const { endpoints: urls, problems } = parseEtcdEndpoints(texts.join(','));
  if (texts.length === 0) throw invalid('no endpoint is given');
  if (problems.length > 0) throw invalid(problems.join('; '));
  const endpoints = urls.map(split);
  if (endpoints.some((one) => one.secure !== endpoints[0]?.secure)) {
    throw invalid('http and https endpoints are mixed');
  }
  return endpoints;
}

function split(url: string): Endpoint {
  const authority = url.slice(url.indexOf('://') + 3);
  const colon = authority.lastIndexOf(':');
  return {
    url,
    secure: url.startsWith('https:'),
    host: authority.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
    port: Number(authority.slice(colon + 1)),
  };
}

function invalid(problem: string): DatastoreError {
  return new DatastoreError('config', 'InvalidConfig', `spec.etcdEndpoints: ${problem}`);
}
