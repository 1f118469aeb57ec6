import { isAbsolute, resolve } from 'node:path';
import { configError } from './config-error.ts';
import type { ExecPlugin } from './endpoint.ts';
import type { Fields } from './fields.ts';
import { type ClusterEntry, execClusterInfo } from './kubeconfig-cluster.ts';

const V1 = 'client.authentication.k8s.io/v1';
const V1_BETA1 = 'client.authentication.k8s.io/v1beta1';

/** The `exec` of a user. Nothing is run. @throws DatastoreError of reaction `config` */
export function resolveExec(fields: Fields, cluster: ClusterEntry): ExecPlugin {
  if (!fields.place.trusted) {
    throw configError(
      fields.place,
      fields.path('command'),
      'is refused in a kubeconfig that comes inline or from a Secret: it would run code in this pod; ' +
        'use a service account token, or allow it with --allow-exec-in-secrets',
    );
  }
  const apiVersion = fields.string('apiVersion');
  if (apiVersion !== V1 && apiVersion !== V1_BETA1) {
    throw fields.error('apiVersion', `must be ${V1} or ${V1_BETA1}`);
  }
  if (fields.string('interactiveMode') === 'Always') {
    throw fields.error('interactiveMode', 'Always cannot work: a daemon has no terminal');
  }
  return {
    apiVersion,
    command: command(fields),
    args: fields.strings('args'),
    env: Object.fromEntries(
      fields.mappings('env').map((item) => [item.string('name'), item.string('value')]),
    ),
    installHint: fields.string('installHint').slice(0, 500),
    clusterInfo: fields.boolean('provideClusterInfo') ? execClusterInfo(cluster) : undefined,
  };
}

function command(fields: Fields): string {
  const value = fields.string('command');
  if (value === '') throw fields.error('command', 'is missing');
  if (!value.includes('/') || isAbsolute(value)) return value;
  const { directory } = fields.place;
  if (directory !== undefined) return resolve(directory, value);
  throw fields.error('command', 'must be absolute or a bare name, since inline text has no directory');
}
