import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CertificateAuthority } from '../rig/certificates.ts';
import { until } from '../rig/deadline.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { runKubectl, type KubectlResult } from '../rig/kubectl.ts';
import { withServers } from '../rig/suite.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { createNamespace, createPod, deletePod, rccText } from './remote-fixture.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Who may read the view of one cluster, as docs/feed.md shows it, and who the merged one. */
const ACCESS = [
  role('feed-of-east', { resources: ['workloadendpoints/cluster'], resourceNames: ['east'] }),
  role('feed', { resources: ['workloadendpoints', 'remoteclusters'] }),
  binding('feed-of-east', 'one-cluster'),
  binding('feed', 'reader'),
];

function role(name: string, rule: Readonly<Record<string, readonly string[]>>): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [{ apiGroups: ['fedsyncd.io'], verbs: ['get', 'list', 'watch'], ...rule }],
  };
}

function binding(name: string, user: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
  };
}

withServers('the feed of a daemon', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let remote: KubeApiserver;
  let daemon: DaemonProcess;
  let directory: string;
  let ca: CertificateAuthority;
  let feedAddress: string;
  const at = (name: string): string => join(directory, name);

  before(async () => {
    directory = await rig.directory();
    await mkdir(at('rcc'));
    ca = new CertificateAuthority(at('ca'));
    const serving = ca.issue();
    remote = await rig.kubeApiserver();
    const local = await rig.kubeApiserver();
    for (const item of ACCESS) await local.apply({ text: JSON.stringify(item) });
    await createNamespace(remote, 'shop');
    await createPod(remote, 'web', '10.70.0.1');
    const kubeconfig = await remote.kubeconfigFile();
    await writeFile(at('rcc/east.json'), rccText('east', { datastoreType: 'kubernetes', kubeconfig }));
    await writeFile(at('tokens.csv'), 'token-of-reader,reader,1,""\ntoken-of-one,one-cluster,2,""\n', {
      mode: 0o600,
    });
    daemon = await DaemonProcess.start([
      '--rcc-directory',
      at('rcc'),
      '--kubeconfig',
      await local.kubeconfigFile(),
      '--feed-address=127.0.0.1:0',
      `--feed-tls-cert-file=${serving.certFile}`,
      `--feed-tls-key-file=${serving.keyFile}`,
      `--feed-token-file=${at('tokens.csv')}`,
      '--feed-authorization=local-rbac',
    ]);
    await daemon.untilStatus('east', 'InSync');
    const started = daemon.lines.find(({ event }) => event === 'feed.started');
    feedAddress = String(started?.['feedAddress']);
  });
  after(async () => {
    await daemon?.stop();
  });

  /** kubectl with the kubeconfig that `fedsyncd kubeconfig` prints. */
  async function kubectl(token: string, ...args: readonly string[]): Promise<KubectlResult> {
    const tokenFile = at(`${token}.token`);
    await writeFile(tokenFile, token, { mode: 0o600 });
    const words = [
      'kubeconfig',
      `--ops-address=${daemon.opsAddress}`,
      `--server=https://${feedAddress}`,
      `--ca-file=${ca.certFile}`,
      `--token-file=${tokenFile}`,
    ];
    const printed = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8', timeout: 30_000 });
    assert.equal(printed.status, 0, printed.stderr);
    const path = at(`${token}.kubeconfig`);
    await writeFile(path, printed.stdout, { mode: 0o600 });
    const all = [`--kubeconfig=${path}`, `--cache-dir=${at('cache')}`, ...args];
    return runKubectl(rig.binary('kubectl'), all, undefined);
  }

  it('shows kubectl the merged picture over TLS, and each change', async () => {
    const read = async (): Promise<string> => {
      const { exitCode, stdout, stderr } = await kubectl('token-of-reader', 'get', 'wep', '-A', '-o', 'name');
      assert.equal(exitCode, 0, stderr);
      return stdout;
    };
    assert.match(await read(), /\/east\.\S+-k8s-web-eth0\n$/);
    await createPod(remote, 'db', '10.70.0.2');
    await until('the new pod', async () => (await read()).includes('-k8s-db-eth0'));
    await deletePod(remote, 'db');
    await until('its end', async () => !(await read()).includes('-k8s-db-eth0'));
    // The status of clusters is looked at each second.
    await until('the state of the cluster', async () =>
      /^east +kubernetes +InSync/m.test((await kubectl('token-of-reader', 'get', 'remoteclusters')).stdout),
    );
  });

  it('lets nobody see more than RBAC of the local cluster says, and no credential of the remote', async () => {
    const own = await kubectl('token-of-one', '--context=fedsyncd-east', 'get', 'wep', '-A', '-o', 'json');
    assert.equal(own.exitCode, 0, own.stderr);
    assert.match(own.stdout, /"name": "\S+-k8s-web-eth0"/);
    assert.ok(!own.stdout.includes(remote.adminToken));
    const merged = await kubectl('token-of-one', 'get', 'wep', '-A');
    assert.equal(merged.exitCode, 1);
    assert.match(merged.stderr, /forbidden/i);
    const nobody = await kubectl('token-of-nobody', 'get', 'wep', '-A');
    assert.equal(nobody.exitCode, 1);
    assert.ok(!daemon.output.includes('token-of-'), 'no token in the log');
    const metrics = await daemon.get('/metrics');
    assert.match(metrics.body, /^fedsyncd_feed_authentications_total\{method="token-file"\} [1-9]/m);
    assert.match(metrics.body, /^fedsyncd_feed_decisions_total\{outcome="denied"\} [1-9]/m);
  });

  it('ends with the daemon', async () => {
    assert.equal(await daemon.stop(), 0);
    const { exitCode, stderr } = await runKubectl(
      rig.binary('kubectl'),
      [`--kubeconfig=${at('token-of-reader.kubeconfig')}`, '--request-timeout=5s', 'get', 'wep', '-A'],
      undefined,
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /refused/);
  });
});
