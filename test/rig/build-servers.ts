import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  cacheDirectory,
  clientsCacheDirectory,
  clientsDirectory,
  findServers,
  moduleDirectory,
  type ServerName,
  unbuilt,
} from './find-servers.ts';

/** Names of the built programs, and the names they get where those differ. */
const built = {
  server: 'etcd',
  etcdctl: 'etcdctl',
  'kube-apiserver': 'kube-apiserver',
  'kube-controller-manager': 'kube-controller-manager',
  'kube-proxy': 'kube-proxy',
  kubectl: 'kubectl',
};

type Say = (line: string) => void;

/**
 * Builds what is missing with Go into the cache: the pinned servers, and the client made of the stock informers.
 *
 * @returns undefined when built, else the reason why not.
 */
export async function buildServers(missing: readonly ServerName[], say: Say): Promise<string | undefined> {
  const go = spawnSync('go', ['version'], { encoding: 'utf8' });
  if (go.status !== 0) return 'Go is not installed';
  if (missing.some((name) => name !== 'feed-client')) {
    const target = cacheDirectory();
    say(
      `building etcd and the Kubernetes servers from source, once: about 6 minutes, 0.7 GB of Go modules and 3 GB of build cache, into ${target}`,
    );
    const failure = await build({ target, cwd: moduleDirectory, args: await serverArguments(), built }, say);
    if (failure !== undefined) return failure;
  }
  if (!missing.includes('feed-client')) return undefined;
  const target = clientsCacheDirectory();
  say(`building the client with Go's informers from source, once, into ${target}`);
  return build(
    { target, cwd: clientsDirectory, args: ['-ldflags', '-s -w', '.'], built: { clients: 'feed-client' } },
    say,
  );
}

interface Build {
  readonly target: string;
  readonly cwd: string;
  /** Last arguments of `go install`. */
  readonly args: readonly string[];
  readonly built: Readonly<Record<string, string>>;
}

/** Builds beside the target and renames, so that an interrupted or a second build never leaves half a directory. */
async function build({ target, cwd, args, built }: Build, say: Say): Promise<string | undefined> {
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(`${target}-building-`);
  try {
    const failure = await goInstall({ cwd, args, directory: scratch }, say);
    if (failure !== undefined) return failure;
    for (const [from, to] of Object.entries(built)) {
      if (from !== to) await rename(join(scratch, from), join(scratch, to));
    }
    await rm(target, { recursive: true, force: true });
    await rename(scratch, target);
    return undefined;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function serverArguments(): Promise<string[]> {
  const component = 'k8s.io/component-base/version';
  const version = await pinned('k8s.io/kubernetes');
  const [major, minor] = version.slice(1).split('.');
  const symbols = [
    `-X ${component}.gitVersion=${version}`,
    `-X ${component}.gitMajor=${major}`,
    `-X ${component}.gitMinor=${minor}`,
  ];
  return ['-ldflags', `-s -w ${symbols.join(' ')}`, 'tool'];
}

async function goInstall(
  { cwd, args, directory }: Pick<Build, 'cwd' | 'args'> & { readonly directory: string },
  say: Say,
): Promise<string | undefined> {
  const build = spawn('go', ['install', '-trimpath', ...args], {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOBIN: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const started = performance.now();
  const minute = setInterval(
    () => say(`  still building, ${Math.round((performance.now() - started) / 1000)} s`),
    60_000,
  );
  let errors = '';
  build.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  build.once('error', () => resolve(null)).once('close', (code) => resolve(code));
  const code = await ended;
  clearInterval(minute);
  return code === 0 ? undefined : `go install ended with ${code}: ${errors.trim()}`;
}

async function pinned(module: string): Promise<string> {
  const text = await readFile(join(moduleDirectory, 'go.mod'), 'utf8');
  const line = text.split('\n').find((candidate) => candidate.trim().startsWith(`${module} v`));
  const version = line?.trim().split(' ')[1];
  if (version === undefined) throw new Error(`test/rig/servers/go.mod: no version of ${module}`);
  return version;
}

if (import.meta.main) {
  const found = findServers();
  const missing = unbuilt(found);
  if (missing.length === 0) {
    console.log(`nothing to build: ${Object.values(found).join(', ')}`);
  } else {
    const failure = await buildServers(missing, (line) => console.log(line));
    if (failure !== undefined) {
      console.error(`servers: ${failure}`);
      process.exitCode = 1;
    }
  }
}
