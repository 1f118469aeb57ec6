import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd, type EtcdOptions } from './etcd.ts';
import { findServers, remedies, type ServerName } from './find-servers.ts';
import { KubeApiserver, type KubeApiserverOptions } from './kube-apiserver.ts';

/** What a suite starts real servers with. Everything started here is stopped when the suite is over, passed or not. */
export interface Rig {
  /** A new etcd; `version: '3.4'` needs `etcd-3.4` among the suite's needs. */
  etcd(options?: Omit<EtcdOptions, 'binary'> & { readonly version?: '3.4' }): Promise<Etcd>;
  /** A new kube-apiserver with an etcd of its own: about 2 s. */
  kubeApiserver(options?: Omit<KubeApiserverOptions, 'binaries'>): Promise<KubeApiserver>;
  /** A new empty directory. */
  directory(): Promise<string>;
  /** Path of a found program. */
  binary(name: ServerName): string;
}

/**
 * A `describe` that needs real servers. Where one is missing the suite is skipped by name, with the reason and the remedy
 * (`npm test` repeats them at its end); with CI set it fails instead.
 */
export function withServers(name: string, needs: readonly ServerName[], suite: (rig: Rig) => void): void {
  const servers = findServers();
  const missing = needs.filter((need) => servers[need] === undefined);
  if (missing.length === 0) {
    describe(name, () => suite(newRig((need) => servers[need])));
    return;
  }
  const ways = [...new Set(missing.map((need) => remedies[need]))];
  const reason = `no ${missing.join(', no ')} here; remedy: ${ways.join('; ')}`;
  if (isCi()) it(name, () => assert.fail(reason));
  else describe(name, { skip: reason }, () => {});
}

/** Whether a missing server is a failure. */
export function isCi(env: NodeJS.ProcessEnv = process.env): boolean {
  return !['', '0', 'false', undefined].includes(env['CI']);
}

function newRig(find: (name: ServerName) => string | undefined): Rig {
  const cleanups: (() => Promise<void>)[] = [];
  const binary = (name: ServerName): string => {
    const file = find(name);
    if (file === undefined) throw new Error(`no ${name} here; remedy: ${remedies[name]}`);
    return file;
  };
  after(async () => {
    const ended = await Promise.allSettled(cleanups.toReversed().map((cleanup) => cleanup()));
    const failures = ended.filter((result) => result.status === 'rejected').map((result) => result.reason);
    if (failures.length > 0) throw new AggregateError(failures, 'servers did not stop');
  });
  return {
    binary,
    async etcd({ version, ...options } = {}) {
      const etcd = await Etcd.start({
        ...options,
        binary: binary(version === undefined ? 'etcd' : 'etcd-3.4'),
      });
      cleanups.push(() => etcd.dispose());
      return etcd;
    },
    async kubeApiserver(options = {}) {
      const server = await KubeApiserver.start({
        ...options,
        binaries: {
          etcd: binary('etcd'),
          kubeApiserver: binary('kube-apiserver'),
          kubectl: binary('kubectl'),
        },
      });
      cleanups.push(() => server.dispose());
      return server;
    },
    async directory() {
      const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-rig-'));
      cleanups.push(() => rm(directory, { recursive: true, force: true }));
      return directory;
    },
  };
}
