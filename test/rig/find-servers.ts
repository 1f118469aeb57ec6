import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** A real server or tool that a suite may need. */
export type ServerName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kubectl'
  | 'kube-controller-manager'
  | 'kube-proxy'
  | 'etcdctl'
  | 'feed-client'
  | 'etcd-3.4';

/** Paths of what was found on this machine. */
export type Servers = Readonly<Partial<Record<ServerName, string>>>;

/** The programs that must come from one place, so that their versions fit each other. */
const together = ['etcd', 'kube-apiserver', 'kubectl'] as const;

/** The programs taken from where kube-apiserver is, else from the own cache: ready-made assets seldom have them. */
const beside = ['kube-controller-manager', 'kube-proxy', 'etcdctl'] as const;

/** Oldest versions taken from PATH; older ones (a distribution's etcd 3.4, say) are passed over. */
const floors = { etcd: [3, 5], 'kube-apiserver': [1, 34], kubectl: [1, 34] } as const;
const versionArguments = {
  etcd: ['--version'],
  'kube-apiserver': ['--version'],
  kubectl: ['version', '--client'],
} as const;

/** The Go module that pins the servers' versions. */
export const moduleDirectory = join(import.meta.dirname, 'servers');

/** Where `npm run servers` puts its builds: one directory per content of go.mod, so a new pin never meets an old build. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const pins = createHash('sha256')
    .update(readFileSync(join(moduleDirectory, 'go.mod')))
    .digest('hex');
  return join(cacheHome(env), `servers-${pins.slice(0, 12)}`);
}

function cacheHome(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fedsyncd');
}

/** The Go program that reads a Kubernetes API with the stock informers, of this project. */
export const clientsDirectory = join(import.meta.dirname, 'clients');

/** Where its build is: one directory per content of its sources. */
export function clientsCacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const sources = createHash('sha256');
  for (const name of readdirSync(clientsDirectory).sort()) {
    sources.update(`${name}\0`).update(readFileSync(join(clientsDirectory, name)));
  }
  return `${join(cacheHome(env), 'clients')}-${sources.digest('hex').slice(0, 12)}`;
}

/** What to do about a missing server, for the line that says why a suite is skipped. */
export const remedies: Readonly<Record<ServerName, string>> = {
  etcd: 'npm run servers (needs Go), or set KUBEBUILDER_ASSETS',
  'kube-apiserver': 'npm run servers (needs Go), or set KUBEBUILDER_ASSETS',
  kubectl: 'npm run servers (needs Go), or set KUBEBUILDER_ASSETS',
  'kube-controller-manager': 'npm run servers (needs Go)',
  'kube-proxy': 'npm run servers (needs Go)',
  etcdctl: 'npm run servers (needs Go)',
  'feed-client': 'npm run servers (needs Go)',
  'etcd-3.4': 'install etcd 3.4 (Debian 12: apt-get install etcd-server), or set ETCD_3_4 to its path',
};

/** Looks in KUBEBUILDER_ASSETS, then PATH, then the own cache. Builds nothing. */
export function findServers(env: NodeJS.ProcessEnv = process.env): Servers {
  const found: Partial<Record<ServerName, string>> = {
    ...(fromDirectory(env['KUBEBUILDER_ASSETS']) ?? fromPath(env) ?? fromDirectory(cacheDirectory(env))),
  };
  const own = cacheDirectory(env);
  const server = found['kube-apiserver'];
  const homes = server === undefined ? [own] : [dirname(server), own];
  for (const name of beside) {
    const file = [...homes.map((home) => join(home, name)), ...onPath(name, env)].find(executable);
    if (file !== undefined) found[name] = file;
  }
  const client = join(clientsCacheDirectory(env), 'feed-client');
  if (executable(client)) found['feed-client'] = client;
  const old = [env['ETCD_3_4'] ?? '', '/usr/bin/etcd', ...onPath('etcd', env)]
    .filter(executable)
    .find((file) => version(file, ['--version'])?.join('.') === '3.4');
  if (old !== undefined) found['etcd-3.4'] = old;
  return found;
}

/** What is missing and `npm run servers` builds. */
export function unbuilt(found: Servers): ServerName[] {
  return [...together, ...beside, 'feed-client' as const].filter((name) => found[name] === undefined);
}

function fromDirectory(directory: string | undefined): Servers | undefined {
  if (directory === undefined || directory === '') return undefined;
  const found = Object.fromEntries(together.map((name) => [name, join(directory, name)]));
  return Object.values(found).every(executable) ? found : undefined;
}

function fromPath(env: NodeJS.ProcessEnv): Servers | undefined {
  const found: Partial<Record<ServerName, string>> = {};
  for (const name of together) {
    const file = onPath(name, env)[0];
    if (file === undefined) return undefined;
    found[name] = file;
  }
  const newEnough = together.every((name) => {
    const [major = 0, minor = 0] = version(found[name] ?? '', versionArguments[name]) ?? [];
    return major === floors[name][0] && minor >= floors[name][1];
  });
  return newEnough ? found : undefined;
}

function onPath(name: string, env: NodeJS.ProcessEnv): string[] {
  const directories = (env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, name)).filter(executable);
}

function executable(file: string): boolean {
  try {
    if (file === '') return false;
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Major and minor version as a program prints them. */
function version(file: string, args: readonly string[]): [number, number] | undefined {
  const printed = spawnSync(file, args, { encoding: 'utf8', timeout: 10_000 });
  const match = /(\d+)\.(\d+)\.\d+/.exec(printed.stdout ?? '');
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}
