import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { Etcd, type EtcdOptions } from './etcd.ts';
import { findServers, remedies, type ServerName, type Servers } from './find-servers.ts';
import { KubeApiserver, type KubeApiserverOptions } from './kube-apiserver.ts';
import { KubeControllerManager, type KubeControllerManagerOptions } from './kube-controller-manager.ts';
import type { Place } from './place.ts';
import { scratchDirectory } from './scratch.ts';

/** What a suite starts real servers with. Everything started here is stopped when the suite is over, passed or not. */
export interface Rig {
  /** A new etcd; `version: '3.4'` needs `etcd-3.4` among the suite's needs. */
  etcd(options?: Omit<EtcdOptions, 'binary'> & { readonly version?: '3.4' }): Promise<Etcd>;
  /** A new kube-apiserver with an etcd of its own: about 2 s. */
  kubeApiserver(options?: Omit<KubeApiserverOptions, 'binaries'>): Promise<KubeApiserver>;
  /** A kube-controller-manager for a kube-apiserver of this rig, with the controllers around Services unless told; needs `kube-controller-manager`. */
  kubeControllerManager(
    apiserver: KubeApiserver,
    options?: Omit<KubeControllerManagerOptions, 'binary'>,
  ): Promise<KubeControllerManager>;
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
  describeUnless(missingServers(needs), name, () => suite(newRig()));
}

/** The reason and the remedy where one of the servers is missing. */
export function missingServers(needs: readonly ServerName[]): string | undefined {
  const servers = findServers();
  const missing = needs.filter((need) => servers[need] === undefined);
  if (missing.length === 0) return undefined;
  const ways = [...new Set(missing.map((need) => remedies[need]))];
  return `no ${missing.join(', no ')} here; remedy: ${ways.join('; ')}`;
}

/** A `describe`, skipped by name if there is a reason to; with CI set that is a failure. */
export function describeUnless(reason: string | undefined, name: string, suite: () => void): void {
  if (reason === undefined) describe(name, suite);
  else if (isCi()) it(name, () => assert.fail(reason));
  else describe(name, { skip: reason }, () => {});
}

/** Whether a missing server is a failure. */
export function isCi(env: NodeJS.ProcessEnv = process.env): boolean {
  return !['', '0', 'false', undefined].includes(env['CI']);
}

/** A rig for the suite whose `describe` is being run. Its servers start in `place`, if one is given. */
export function newRig(place?: Place): Rig {
  let servers: Servers | undefined;
  const where = place === undefined ? {} : { place };
  const cleanups: (() => Promise<void>)[] = [];
  const binary = (name: ServerName): string => {
    servers ??= findServers();
    const file = servers[name];
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
        ...where,
        ...options,
        binary: binary(version === undefined ? 'etcd' : 'etcd-3.4'),
      });
      cleanups.push(() => etcd.dispose());
      return etcd;
    },
    async kubeApiserver(options = {}) {
      const server = await KubeApiserver.start({
        ...where,
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
    async kubeControllerManager(apiserver, options = {}) {
      const file = binary('kube-controller-manager');
      const manager = await KubeControllerManager.start(apiserver, { ...where, ...options, binary: file });
      cleanups.push(() => manager.dispose());
      return manager;
    },
    async directory() {
      const directory = await scratchDirectory('files');
      cleanups.push(() => rm(directory, { recursive: true, force: true }));
      return directory;
    },
  };
}
