import { dirname, resolve } from 'node:path';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { KubernetesAccess } from '../../../model/rcc.ts';
import { AddressProblem, parseServerAddress } from './address.ts';
import { type Place, configError } from './config-error.ts';
import type { KubeEndpoint, ServerAddress } from './endpoint.ts';
import { Fields } from './fields.ts';
import {
  type ClusterEntry,
  type ClusterOverride,
  NO_CLUSTER_OVERRIDE,
  resolveCluster,
} from './kubeconfig-cluster.ts';
import { type Kubeconfig, mergeKubeconfigs, parseKubeconfig } from './kubeconfig-file.ts';
import { NO_USER_OVERRIDE, type UserEntry, type UserOverride, resolveUser } from './kubeconfig-user.ts';
import { certificateProblem, headerProblem } from './pem.ts';
import { isMissingFile, readTextFile } from './read-file.ts';

const RCC: Place = { origin: 'RCC', directory: undefined, trusted: true };

interface Override {
  readonly cluster: ClusterOverride;
  readonly user: UserOverride;
}

/**
 * The endpoint that an RCC's Kubernetes fields describe, with every file read. Inline text is used as it is; the
 * k8s* fields replace single values of a kubeconfig file, or stand alone. Without any of them it is an error: the
 * standard loaders fall back to in-cluster access here and would federate a cluster with itself.
 * @throws DatastoreError of reaction `config` that names the field or file
 */
export async function resolveAccess(access: KubernetesAccess): Promise<KubeEndpoint> {
  const files = new Set<string>();
  if (access.kubeconfigInline !== '') {
    const place: Place = { origin: 'kubeconfigInline', directory: undefined, trusted: access.trustInline };
    const config = parseKubeconfig(access.kubeconfigInline, place);
    return fromKubeconfig(config, { cluster: NO_CLUSTER_OVERRIDE, user: NO_USER_OVERRIDE }, files);
  }
  const override = await overrideOf(access, files);
  if (access.kubeconfig !== '') {
    return fromKubeconfig(await loadFiles(access.kubeconfig, files), override, files);
  }
  if (override.cluster.server === undefined) {
    throw new DatastoreError(
      'config',
      'InvalidConfig',
      'kubeconfig, kubeconfigInline or k8sAPIEndpoint is required to reach a Kubernetes API server',
    );
  }
  const nothing = new Fields(RCC, '', undefined);
  const cluster = await resolveCluster(nothing, override.cluster, files);
  return endpointOf(cluster, await resolveUser(nothing, override.user, cluster, files), files);
}

async function overrideOf(access: KubernetesAccess, files: Set<string>): Promise<Override> {
  const read = async (path: string, field: string): Promise<string | undefined> => {
    if (path === '') return undefined;
    files.add(resolve(path));
    return readTextFile(resolve(path), field);
  };
  const ca = await read(access.caFile, 'k8sCAFile');
  const caProblem = ca === undefined ? undefined : certificateProblem(ca);
  if (caProblem !== undefined) {
    throw new DatastoreError('config', 'FileInvalid', `k8sCAFile: ${access.caFile} ${caProblem}`);
  }
  if (ca !== undefined && access.insecureSkipTLSVerify) {
    throw configError(RCC, 'k8sCAFile', 'contradicts k8sInsecureSkipTLSVerify: true; give one of the two');
  }
  return {
    cluster: {
      server: access.apiEndpoint === '' ? undefined : serverOf(access.apiEndpoint),
      ca,
      // A CA that is named here wants verification, whatever the kubeconfig says.
      insecureSkipVerify: ca === undefined ? access.insecureSkipTLSVerify || undefined : false,
    },
    user: {
      cert: await read(access.certFile, 'k8sCertFile'),
      key: await read(access.keyFile, 'k8sKeyFile'),
      token: access.apiToken === '' ? undefined : tokenOf(access.apiToken),
    },
  };
}

function serverOf(apiEndpoint: string): ServerAddress {
  try {
    return parseServerAddress(apiEndpoint);
  } catch (error) {
    throw error instanceof AddressProblem ? configError(RCC, 'k8sAPIEndpoint', error.message) : error;
  }
}

function tokenOf(apiToken: string): string {
  const token = apiToken.trim();
  const problem = token === '' ? 'is empty' : headerProblem(token);
  if (problem !== undefined) throw configError(RCC, 'k8sAPIToken', problem);
  return token;
}

/** As kubectl treats $KUBECONFIG: duplicates are dropped, a missing file among several is skipped. */
async function loadFiles(pathList: string, files: Set<string>): Promise<Kubeconfig> {
  const paths = new Set(
    pathList
      .split(':')
      .filter((path) => path !== '')
      .map((path) => resolve(path)),
  );
  if (paths.size === 0) throw configError(RCC, 'kubeconfig', 'names no file');
  const configs: Kubeconfig[] = [];
  let missing: unknown;
  for (const path of paths) {
    files.add(path);
    try {
      const text = await readTextFile(path, 'kubeconfig');
      configs.push(parseKubeconfig(text, { origin: path, directory: dirname(path), trusted: true }));
    } catch (error) {
      if (!isMissingFile(error)) throw error;
      missing ??= error;
    }
  }
  if (configs.length === 0) throw missing;
  return mergeKubeconfigs(configs);
}

async function fromKubeconfig(
  config: Kubeconfig,
  override: Override,
  files: Set<string>,
): Promise<KubeEndpoint> {
  const { currentContext } = config;
  const invalid = (problem: string): Error =>
    new DatastoreError(
      'config',
      config.origin === 'kubeconfigInline' ? 'InvalidConfig' : 'FileInvalid',
      `${config.origin}: ${problem}`,
    );
  if (currentContext === '') throw invalid('current-context is missing');
  const context = config.contexts.get(currentContext);
  if (context === undefined)
    throw invalid(`current-context names ${currentContext}, which is not in contexts`);
  const clusterName = context.string('cluster');
  const clusterFields = config.clusters.get(clusterName);
  if (clusterFields === undefined) {
    throw context.error('cluster', `names ${clusterName || 'nothing'}, which is not in clusters`);
  }
  const userName = context.string('user');
  const userFields =
    userName === '' ? new Fields(context.place, 'user', undefined) : config.users.get(userName);
  if (userFields === undefined) throw context.error('user', `names ${userName}, which is not in users`);
  const cluster = await resolveCluster(clusterFields, override.cluster, files);
  return endpointOf(cluster, await resolveUser(userFields, override.user, cluster, files), files);
}

function endpointOf(cluster: ClusterEntry, user: UserEntry, files: Set<string>): KubeEndpoint {
  return {
    server: cluster.server,
    tls: {
      serverName: cluster.serverName,
      insecureSkipVerify: cluster.insecureSkipVerify,
      ca: cluster.ca,
      cert: user.cert,
      key: user.key,
    },
    proxy: cluster.proxy,
    credential: user.credential,
    impersonation: user.impersonation,
    files: [...files],
  };
}
