import { Buffer } from 'node:buffer';
import { AddressProblem, parseProxyAddress, parseServerAddress } from './address.ts';
import { resolveContent } from './content.ts';
import type { ProxyAddress, ServerAddress } from './endpoint.ts';
import type { Fields } from './fields.ts';
import { certificateProblem } from './pem.ts';

/** The `cluster` entry of a kubeconfig, with its files read. */
export interface ClusterEntry {
  readonly server: ServerAddress;
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  readonly ca: string;
  readonly proxy: ProxyAddress | undefined;
  /** Of the extension that exec plugins may be given. */
  readonly execConfig: unknown;
}

/** What the RCC's k8s* fields put in place of an entry's own values; undefined = the entry's own holds. */
export interface ClusterOverride {
  readonly server: ServerAddress | undefined;
  readonly ca: string | undefined;
  readonly insecureSkipVerify: boolean | undefined;
}

export const NO_CLUSTER_OVERRIDE: ClusterOverride = {
  server: undefined,
  ca: undefined,
  insecureSkipVerify: undefined,
};

/**
 * @param files takes the paths that were read.
 * @throws DatastoreError of reaction `config`
 */
export async function resolveCluster(
  fields: Fields,
  override: ClusterOverride,
  files: Set<string>,
): Promise<ClusterEntry> {
  const insecureSkipVerify = override.insecureSkipVerify ?? fields.boolean('insecure-skip-tls-verify');
  return {
    server: override.server ?? address(fields, 'server', parseServerAddress),
    serverName: fields.string('tls-server-name'),
    insecureSkipVerify,
    ca: override.ca ?? (override.insecureSkipVerify === true ? '' : await ownCa(fields, files)),
    proxy: fields.has('proxy-url') ? address(fields, 'proxy-url', parseProxyAddress) : undefined,
    execConfig: execExtension(fields),
  };
}

async function ownCa(fields: Fields, files: Set<string>): Promise<string> {
  const content = await resolveContent(fields, 'certificate-authority', files);
  if (content === undefined) return '';
  if (fields.boolean('insecure-skip-tls-verify')) {
    throw fields.error(content.field, 'contradicts insecure-skip-tls-verify: true; give one of the two');
  }
  const problem = certificateProblem(content.text);
  if (problem !== undefined) throw fields.error(content.field, problem);
  return content.text;
}

function address<T>(fields: Fields, name: string, parse: (value: string) => T): T {
  if (!fields.has(name)) throw fields.error(name, 'is missing');
  try {
    return parse(fields.string(name));
  } catch (error) {
    throw error instanceof AddressProblem ? fields.error(name, error.message) : error;
  }
}

function execExtension(fields: Fields): unknown {
  const found = fields
    .mappings('extensions')
    .find((item) => item.string('name') === 'client.authentication.k8s.io/exec');
  return found?.raw('extension');
}

/** `spec.cluster` of KUBERNETES_EXEC_INFO. */
export function execClusterInfo(cluster: ClusterEntry): Readonly<Record<string, unknown>> {
  return {
    server: cluster.server.text,
    ...(cluster.serverName !== '' && { 'tls-server-name': cluster.serverName }),
    ...(cluster.insecureSkipVerify && { 'insecure-skip-tls-verify': true }),
    ...(cluster.ca !== '' && { 'certificate-authority-data': Buffer.from(cluster.ca).toString('base64') }),
    ...(cluster.proxy !== undefined && { 'proxy-url': cluster.proxy.text }),
    ...(cluster.execConfig !== undefined && { config: cluster.execConfig }),
  };
}
