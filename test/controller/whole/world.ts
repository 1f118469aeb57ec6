import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allowReaders, rccText, replaceFile } from '../../daemon/remote-fixture.ts';
import { until } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import type { Rig } from '../../rig/suite.ts';
import { DaemonProcess } from '../../support/daemon-process.ts';
import { AuditLog } from './audit-log.ts';
import { ServiceObjects } from './service-objects.ts';

const MANIFEST = join(import.meta.dirname, '../../../manifests/fedsyncd.yaml');
const MANIFEST_OBJECTS = /^kind: (ClusterRole|ClusterRoleBinding|Role|RoleBinding|ServiceAccount)$/m;

/** The daemon's account, so that all that is proven here is proven with the rights of the manifests. */
const ACCOUNT = 'system:serviceaccount:calico-system:fedsyncd';
/** The same account with one token for each of two daemons: the group tells them apart in the audit log. */
const TOKENS = { first: 'rig-first-token', second: 'rig-second-token' } as const;
/** One reads as an administrator, whom a server that starts never refuses; one with the rights of the manifests. */
const ADMIN_READER = { name: 'reader', token: 'rig-reader-token', groups: ['system:masters'] };
const LIMITED_READER = { name: 'limited', token: 'rig-limited-token', groups: ['readers'] };

export type Which = keyof typeof TOKENS;

export interface WorldOptions {
  readonly remotes?: readonly string[];
  /** Real controllers beside the daemon. */
  readonly controllers?: boolean;
}

/** A local cluster with real controllers, remote clusters, and daemons that federate them. */
export class World {
  readonly local: KubeApiserver;
  readonly audit: AuditLog;
  /** RCC documents. */
  readonly directory: string;
  readonly #remotes: ReadonlyMap<string, KubeApiserver>;
  readonly #remoteAudits: ReadonlyMap<string, AuditLog>;
  readonly #files: string;
  readonly #daemons: DaemonProcess[] = [];

  private constructor(servers: {
    readonly local: KubeApiserver;
    readonly remotes: ReadonlyMap<string, KubeApiserver>;
    readonly audit: AuditLog;
    readonly directory: string;
    readonly remoteAudits: ReadonlyMap<string, AuditLog>;
    readonly files: string;
  }) {
    this.local = servers.local;
    this.#remotes = servers.remotes;
    this.audit = servers.audit;
    this.directory = servers.directory;
    this.#files = servers.files;
    this.#remoteAudits = servers.remoteAudits;
  }

  /** Starts everything but a daemon; what it starts ends with the suite. Both address families are served. */
  static async start(
    rig: Rig,
    { remotes = ['east'], controllers = true }: WorldOptions = {},
  ): Promise<World> {
    const [directory, files] = await Promise.all([rig.directory(), rig.directory()]);
    const audits = await Promise.all(['', ...remotes].map(async () => AuditLog.open(await rig.directory())));
    const [audit, ...others] = audits;
    assert(audit !== undefined);
    const [local, ...kubes] = await Promise.all([
      rig.kubeApiserver({
        users: Object.entries(TOKENS).map(([group, token]) => ({ name: ACCOUNT, token, groups: [group] })),
        args: ['--service-cluster-ip-range=10.96.0.0/16,fd00:96::/112', ...audit.args],
      }),
      ...others.map(({ args }) => rig.kubeApiserver({ users: [ADMIN_READER, LIMITED_READER], args })),
    ]);
    assert(local !== undefined);
    await local.call('POST', '/api/v1/namespaces', { metadata: { name: 'calico-system' } });
    const documents = (await readFile(MANIFEST, 'utf8')).split(/^---$/m);
    await local.apply({ text: documents.filter((text) => MANIFEST_OBJECTS.test(text)).join('---\n') });
    const services = '/api/v1/services?limit=1';
    await until(
      'its rights',
      async () => (await local.call('GET', services, undefined, ACCOUNT)).status === 200,
    );
    if (controllers) await rig.kubeControllerManager(local);
    const named = <T>(all: readonly T[]) => new Map(remotes.map((name, n) => [name, defined(all[n])]));
    return new World({ local, remotes: named(kubes), audit, remoteAudits: named(others), directory, files });
  }

  remote(name: string): KubeApiserver {
    return defined(this.#remotes.get(name));
  }

  /** What was asked of a remote cluster. */
  auditOf(name: string): AuditLog {
    return defined(this.#remoteAudits.get(name));
  }

  /** The services of the local cluster, or of a remote one. */
  in(cluster?: string): ServiceObjects {
    return new ServiceObjects(cluster === undefined ? this.local : this.remote(cluster));
  }

  /** Every cluster has the namespace. */
  async namespace(name: string): Promise<void> {
    await Promise.all(
      [this.local, ...this.#remotes.values()].map((kube) => new ServiceObjects(kube).namespace(name)),
    );
  }

  /** Creates or replaces RCCs; all of them without names. */
  async join(...names: readonly string[]): Promise<void> {
    for (const name of names.length === 0 ? this.#remotes.keys() : names) {
      await this.#connect(name, ADMIN_READER.name);
    }
  }

  /** The same with no more rights than the manifest for remote clusters gives. */
  async joinLimited(name: string): Promise<void> {
    const kube = this.remote(name);
    await allowReaders(kube, 'readers');
    const path = '/apis/discovery.k8s.io/v1/endpointslices';
    const { name: user } = LIMITED_READER;
    await until('the rights', async () => (await kube.call('GET', path, undefined, user)).status === 200);
    await this.#connect(name, user);
  }

  async #connect(name: string, user: string): Promise<void> {
    const spec = { datastoreType: 'kubernetes', kubeconfigInline: this.remote(name).kubeconfig(user) };
    await replaceFile(join(this.directory, `${name}.json`), rccText(name, spec));
  }

  /** The RCC is there, and says nothing that can be used. */
  async spoil(name: string): Promise<void> {
    await replaceFile(join(this.directory, `${name}.json`), rccText(name, { datastoreType: 'nonsense' }));
  }

  async leave(name: string): Promise<void> {
    await rm(join(this.directory, `${name}.json`));
  }

  /** A daemon with the controller and the account's rights, alone unless told. */
  async daemon(...flags: readonly string[]): Promise<DaemonProcess> {
    return this.daemonAs('first', ...flags);
  }

  async daemonAs(which: Which, ...flags: readonly string[]): Promise<DaemonProcess> {
    const elects = flags.some((flag) => flag.startsWith('--lease') || flag === '--dry-run');
    const daemon = await DaemonProcess.start([
      '--controllers=federated-services',
      `--kubeconfig=${await this.kubeconfig(which)}`,
      `--rcc-directory=${this.directory}`,
      '--lease-namespace=calico-system',
      ...(elects ? [] : ['--leader-elect=false']),
      ...flags,
    ]);
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Of the daemons' account, as a file. */
  async kubeconfig(which: Which = 'first'): Promise<string> {
    const file = join(this.#files, `${which}.kubeconfig`);
    await writeFile(file, this.local.kubeconfig(ACCOUNT, TOKENS[which]), { mode: 0o600 });
    return file;
  }

  /**
   * Ends the daemons, however the tests went, and proves that the rights of the manifests were enough. An API server that
   * starts refuses what it grants a moment later: where the local one was restarted, refusals prove nothing.
   */
  async end({ restarted = false }: { readonly restarted?: boolean } = {}): Promise<void> {
    for (const daemon of this.#daemons) await killed(daemon);
    for (const { lines } of this.#daemons) {
      const refused = lines.filter((line) => !restarted && /forbidden/i.test(JSON.stringify(line)));
      const defects = lines.filter(({ event }) => event === 'internal.error');
      assert.deepEqual([...refused, ...defects], []);
    }
  }
}

export async function killed(daemon: DaemonProcess): Promise<void> {
  daemon.signal('SIGKILL');
  await daemon.ended();
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is no such cluster here');
  return value;
}
