import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from './run-client.ts';

const root = join(import.meta.dirname, '..', '..');
const peersDirectory = join(root, 'bench', 'peers');
/** Compiled as the image is, so that no run pays for stripping types. */
const output = join(root, 'node_modules', '.cache', 'fedsyncd-bench');

/** Compiles product, clients and servers. */
export function buildClients(): void {
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'package.json'), '{ "type": "module" }\n');
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const built = spawnSync(tsc, ['-p', join(root, 'bench', 'tsconfig.json')], { encoding: 'utf8' });
  if (!existsSync(join(output, 'bench', 'harness', 'meter.js'))) {
    throw new Error(`tsc: ${built.stdout}${built.stderr}`);
  }
}

/** As in the image's ENTRYPOINT. */
const ENTRYPOINT_OPTIONS = ['--max-semi-space-size=8', '--v8-pool-size=2'];

/**
 * A process from `bench/`: `script('clients/sync.ts', { … })`. A client of ours gets the options of the image; a peer those that
 * Node has by itself, since ours are chosen for us.
 */
export function script(file: string, work: object, nodeOptions: readonly string[] = []): Command {
  const own = file.startsWith('clients/') ? [...profileOptions(), ...ENTRYPOINT_OPTIONS] : [];
  const args = [...own, ...nodeOptions, compiled(file), JSON.stringify(work)];
  return { file: process.execPath, args };
}

/** Where a file of `bench/` lies compiled. */
export function compiled(file: string): string {
  return join(output, 'bench', file.replace(/\.ts$/, '.js'));
}

let profileDirectory: string | undefined;

/** What makes node leave a CPU profile, where that is wanted. */
export function profileOptions(): readonly string[] {
  return profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`];
}

/** From now on our own clients leave CPU profiles in that directory. */
export function profileClients(directory: string): void {
  profileDirectory = directory;
}

/** The compiled daemon. */
export function daemon(args: readonly string[]): Command {
  return { file: process.execPath, args: [...ENTRYPOINT_OPTIONS, join(output, 'src', 'main.js'), ...args] };
}

let peers: string | undefined;

/** The Go peers, built once for each content of their module; undefined where there is no Go. */
export function goPeers(): string | undefined {
  peers ??= buildPeers();
  return peers;
}

/** A Go peer as a command; only where `goPeers` gave a program. */
export function goPeer(name: string, work: object): Command {
  return { file: goPeers() ?? 'peers', args: [name, JSON.stringify(work)] };
}

function buildPeers(): string | undefined {
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  const sources = ['go.mod', 'go.sum', 'main.go', 'exec.go', 'informer.go', 'etcd.go'];
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(peersDirectory, source)));
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const target = join(cache, 'fedsyncd', `peers-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(target)) return target;
  console.error('building the Go peers, once: some minutes');
  const built = spawnSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', target, '.'], {
    cwd: peersDirectory,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`go build of bench/peers: ${built.stderr}`);
  return target;
}
