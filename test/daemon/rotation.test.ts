import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, it } from 'node:test';
import { Relay } from '../support/relay.ts';
import { CertificateAuthority, type IssuedCertificate } from '../rig/certificates.ts';
import { until } from '../rig/deadline.ts';
import type { Etcd } from '../rig/etcd.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import {
  allowReaders,
  createNamespace,
  createPod,
  deletePod,
  putWorkload,
  rccText,
  readerToken,
  replaceFile,
  revokeReader,
} from './remote-fixture.ts';
import { Vigil, countOf, untilReason } from './vigil.ts';

const NEEDS = ['etcd', 'kube-apiserver', 'kubectl'] as const;
const READERS = 'fed-readers';

withServers('rotation of Kubernetes credentials', NEEDS, (rig) => {
  let kube: KubeApiserver;
  let relay: Relay;
  let daemon: DaemonProcess;
  let vigil: Vigil;
  let directory: string;
  let ca: CertificateAuthority;
  let tls: { certFile: string; keyFile: string; caFile: string };
  const tokens = new Map<string, string>();
  let pods = 0;
  const at = (name: string): string => join(directory, name);

  before(async () => {
    directory = await rig.directory();
    await mkdir(at('rcc'));
    ca = new CertificateAuthority(at('ca-1'));
    const serving = ca.issue();
    // Copies, which the change of CA replaces.
    tls = { certFile: at('serving.crt'), keyFile: at('serving.key'), caFile: at('serving-ca.crt') };
    await writeFile(tls.certFile, serving.cert);
    await writeFile(tls.keyFile, serving.key);
    await writeFile(tls.caFile, ca.cert);
    kube = await rig.kubeApiserver({ tls, clientCaFile: ca.certFile });
    relay = await Relay.start(kube.port);
    await kube.applyCalicoCrds('crd.projectcalico.org');
    for (const name of ['shop', 'fed']) await createNamespace(kube, name);
    await allowReaders(kube, READERS);
    await createPod(kube, 'web', '10.50.0.1');
    await replaceFile(at('kubeconfig'), kubeconfig({ token: await token('file-1') }));
    await useRcc({ datastoreType: 'kubernetes', kubeconfig: at('kubeconfig') });
  });
  after(() => relay?.close());
  // One for each test: lines of the log, which are counted here, are limited to so many a minute.
  beforeEach(async () => {
    daemon = await startInSync(at('rcc'));
    vigil = new Vigil(daemon, new Map([['10.50.0.1', 'remote']]));
  });
  afterEach(async () => {
    await vigil.assertKept();
    await daemon.stop();
  });

  function kubeconfig(user: Readonly<Record<string, unknown>>): string {
    const cluster = { server: `https://127.0.0.1:${relay.port}`, 'certificate-authority': tls.caFile };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'rig',
      contexts: [{ name: 'rig', context: { cluster: 'rig', user: 'rig' } }],
      clusters: [{ name: 'rig', cluster }],
      users: [{ name: 'rig', user }],
    });
  }

  async function token(name: string): Promise<string> {
    const fresh = await readerToken(kube, name);
    tokens.set(name, fresh);
    return fresh;
  }

  /** The account is gone, and the server has forgotten that it ever let the token in. */
  async function revoke(name: string): Promise<void> {
    await revokeReader(kube, name);
    const old = tokens.get(name) ?? '';
    const refused = async (): Promise<boolean> =>
      (await kube.callWithToken(old, 'GET', '/api/v1/pods?limit=1')).status === 401;
    await until('the old token to be refused', refused, { timeoutMs: 20_000, everyMs: 250 });
  }

  async function useRcc(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await replaceFile(at('rcc/remote.json'), rccText('remote', spec));
  }

  /** Does it, and waits until a session with the new configuration is in charge. Nothing else is announced. */
  async function takesOver(change: () => Promise<void>): Promise<void> {
    const taken = countOf(daemon, 'cluster.reconfigured', 'remote');
    // The log comes through a pipe, and may be behind what the status page said.
    const logged = (): unknown =>
      daemon.lines.findLast((line) => line.event === 'cluster.status' && line.cluster === 'remote')?.[
        'status'
      ];
    await until('the log to say so', () => logged() === 'InSync');
    const statuses = countOf(daemon, 'cluster.status', 'remote');
    await change();
    await until('the new session', () => countOf(daemon, 'cluster.reconfigured', 'remote') > taken, {
      timeoutMs: 20_000,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${daemon.output.slice(-3_000)}`, { cause: error });
    });
    assert.equal((await daemon.cluster('remote'))?.status, 'InSync');
    assert.equal(countOf(daemon, 'cluster.status', 'remote'), statuses, daemon.output.slice(-2_000));
  }

  /** Changes are still followed. */
  async function follows(timeoutMs = 10_000): Promise<void> {
    const name = `new-${++pods}`;
    const ip = `10.50.1.${pods}`;
    const known = async (): Promise<boolean> => (await daemon.explain(ip)).endpoints.length === 1;
    await createPod(kube, name, ip);
    await until('the new pod', known, { timeoutMs });
    await deletePod(kube, name);
    await until('its end', async () => !(await known()));
  }

  it('takes a replaced kubeconfig file over', async () => {
    const next = await token('file-2');
    await takesOver(() => replaceFile(at('kubeconfig'), kubeconfig({ token: next })));
    await revoke('file-1');
    relay.cut();
    await follows();
    await daemon.untilStatus('remote', 'InSync');
  });

  const bad: readonly (readonly [what: string, make: () => Promise<void>, reasons: readonly string[]])[] = [
    [
      'a refused token',
      () => replaceFile(at('kubeconfig'), kubeconfig({ token: 'nobody-knows-it' })),
      ['Unauthorized'],
    ],
    ['a broken file', () => replaceFile(at('kubeconfig'), '{"clusters": ['), ['FileInvalid']],
    ['no file', () => rm(at('kubeconfig')), ['FileUnreadable']],
    [
      'an account without rights',
      () => replaceFile(at('kubeconfig'), kubeconfig({ token: kube.token('nobody') })),
      ['Forbidden'],
    ],
    [
      'a server that is not there',
      () =>
        replaceFile(
          at('kubeconfig'),
          kubeconfig({ token: tokens.get('file-2') }).replace(`:${relay.port}`, ':1'),
        ),
      ['ConnectionRefused'],
    ],
  ];
  for (const [what, make, reasons] of bad) {
    it(`keeps the session that works where the new configuration has ${what}, until it is mended`, async () => {
      await make();
      await untilReason(daemon, 'remote', reasons);
      assert.equal((await daemon.cluster('remote'))?.status, 'ConfigIncomplete');
      await follows();
      await replaceFile(at('kubeconfig'), kubeconfig({ token: tokens.get('file-2') }));
      await daemon.untilStatus('remote', 'InSync', 20_000);
      await follows();
    });
  }

  it('takes a changed k8sAPIToken of the RCC over', async () => {
    const spec = {
      datastoreType: 'kubernetes',
      k8sAPIEndpoint: `https://127.0.0.1:${relay.port}`,
      k8sCAFile: tls.caFile,
    };
    const first = await token('field-1');
    await takesOver(() => useRcc({ ...spec, k8sAPIToken: first }));
    const second = await token('field-2');
    await takesOver(() => useRcc({ ...spec, k8sAPIToken: second }));
    await revokeReader(kube, 'field-1');
    await follows();
  });

  it('takes a changed Secret over', async () => {
    const secret = (text: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: 'fed', name: 'remote' },
        stringData: { datastoreType: 'kubernetes', kubeconfig: text },
      });
    // A kubeconfig of a Secret may name no file.
    const text = (bearer: string): string =>
      kube.kubeconfig('admin', bearer).replaceAll(kube.url, `https://127.0.0.1:${relay.port}`);
    await replaceFile(at('rcc/secret.json'), secret(text(await token('secret-1'))));
    await takesOver(() => useRcc({ clusterAccessSecret: { namespace: 'fed', name: 'remote' } }));
    const second = await token('secret-2');
    await takesOver(() => replaceFile(at('rcc/secret.json'), secret(text(second))));
    await revokeReader(kube, 'secret-1');
    await follows();
    await rm(at('rcc/secret.json'));
    await untilReason(daemon, 'remote', ['SecretNotFound']);
    await follows();
    await replaceFile(at('rcc/secret.json'), secret(text(second)));
    await daemon.untilStatus('remote', 'InSync');
  });

  it('takes a replaced client certificate over', async () => {
    const issue = (): IssuedCertificate => ca.issue({ commonName: 'reader', organization: READERS });
    await mountPair(at('mounted'), issue());
    const spec = {
      datastoreType: 'kubernetes',
      k8sAPIEndpoint: `https://127.0.0.1:${relay.port}`,
      k8sCAFile: tls.caFile,
      k8sCertFile: at('mounted/tls.crt'),
      k8sKeyFile: at('mounted/tls.key'),
    };
    await takesOver(() => useRcc(spec));
    await takesOver(() => mountPair(at('mounted'), issue()));
    await follows();
  });

  it('reads a token file again, without a new session', async () => {
    await replaceFile(at('token'), await token('mounted-1'));
    await replaceFile(at('kubeconfig'), kubeconfig({ tokenFile: at('token') }));
    await takesOver(() => useRcc({ datastoreType: 'kubernetes', kubeconfig: at('kubeconfig') }));
    await replaceFile(at('token'), await token('mounted-2'));
    await revoke('mounted-1');
    const taken = countOf(daemon, 'cluster.reconfigured', 'remote');
    relay.cut();
    await follows();
    await daemon.untilStatus('remote', 'InSync');
    assert.equal(countOf(daemon, 'cluster.reconfigured', 'remote'), taken);
  });

  it('asks an exec plugin again when its token expires', async () => {
    const plugin = at('plugin');
    await writeFile(
      plugin,
      [
        '#!/bin/sh',
        `echo run >> ${at('runs')}`,
        `until=$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)`,
        `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":`,
        `{"token":"%s","expirationTimestamp":"%s"}}' "$(cat ${at('exec-token')})" "$until"`,
      ].join('\n'),
    );
    await chmod(plugin, 0o700);
    const runs = async (): Promise<number> => (await readFile(at('runs'), 'utf8')).split('run').length - 1;
    await replaceFile(at('exec-token'), await token('exec-1'));
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: plugin,
      interactiveMode: 'Never',
    };
    await takesOver(() => replaceFile(at('kubeconfig'), kubeconfig({ exec })));
    const before = await runs();
    await replaceFile(at('exec-token'), await token('exec-2'));
    await revoke('exec-1');
    relay.cut();
    await follows();
    await daemon.untilStatus('remote', 'InSync');
    assert.ok((await runs()) > before);
    const fresh = await token('file-3');
    await takesOver(() => replaceFile(at('kubeconfig'), kubeconfig({ token: fresh })));
  });

  it('goes over to a new CA', async () => {
    const next = new CertificateAuthority(at('ca-2'), 'next-ca');
    const serving = next.issue();
    // Both are trusted before the server changes, only the new one afterwards.
    await takesOver(() => replaceFile(tls.caFile, `${ca.cert}${next.cert}`));
    await replaceFile(tls.keyFile, serving.key);
    await replaceFile(tls.certFile, serving.cert);
    await kube.restart();
    await follows(40_000);
    await daemon.untilStatus('remote', 'InSync', 20_000);
    await takesOver(() => replaceFile(tls.caFile, next.cert));
    await follows();
    await replaceFile(at('wrong-ca.crt'), ca.cert);
    await replaceFile(
      at('kubeconfig'),
      kubeconfig({ token: tokens.get('file-3') }).replace(tls.caFile, at('wrong-ca.crt')),
    );
    await untilReason(daemon, 'remote', ['TlsFailed']);
    await follows();
  });
});

withServers('rotation of etcd credentials', ['etcd'], (rig) => {
  let etcd: Etcd;
  let daemon: DaemonProcess;
  let directory: string;
  let ca: CertificateAuthority;
  const at = (name: string): string => join(directory, name);
  let workloads = 0;

  before(async () => {
    directory = await rig.directory();
    await mkdir(at('rcc'));
    ca = new CertificateAuthority(at('ca'));
    const server = ca.issue();
    etcd = await rig.etcd({
      rootPassword: 'root-password',
      tls: {
        certFile: server.certFile,
        keyFile: server.keyFile,
        caFile: ca.certFile,
        clientCaFile: ca.certFile,
        clientCertFile: server.certFile,
        clientKeyFile: server.keyFile,
      },
    });
    const role = etcd.client.role('reader');
    await role.create();
    await role.grant({ permission: 'Read', range: etcd.client.range({ prefix: '/calico/' }) });
    const user = etcd.client.user('reader');
    await user.create('password-1');
    await user.addRole('reader');
    await putWorkload(etcd, 'web', '10.60.0.1');
    await mountPair(at('mounted'), ca.issue({ commonName: 'reader-1' }));
    await useRcc('password-1');
    daemon = await startInSync(at('rcc'));
  });
  after(async () => {
    await daemon?.stop();
  });

  async function useRcc(etcdPassword: string): Promise<void> {
    const spec = {
      datastoreType: 'etcdv3',
      etcdEndpoints: etcd.endpoint,
      etcdUsername: 'reader',
      etcdPassword,
      etcdCACertFile: ca.certFile,
      etcdCertFile: at('mounted/tls.crt'),
      etcdKeyFile: at('mounted/tls.key'),
    };
    await replaceFile(at('rcc/remote.json'), rccText('remote', spec));
  }

  async function follows(): Promise<void> {
    const ip = `10.60.1.${++workloads}`;
    await putWorkload(etcd, `new-${workloads}`, ip);
    await until('the new endpoint', async () => (await daemon.explain(ip)).endpoints.length === 1, {
      timeoutMs: 40_000,
    });
  }

  async function takenOver(before: number): Promise<void> {
    await until('the new session', () => countOf(daemon, 'cluster.reconfigured', 'remote') > before, {
      timeoutMs: 20_000,
    });
  }

  it('takes a replaced client certificate over', async () => {
    const vigil = new Vigil(daemon, new Map([['10.60.0.1', 'remote']]));
    const before = countOf(daemon, 'cluster.reconfigured', 'remote');
    const statuses = countOf(daemon, 'cluster.status', 'remote');
    await mountPair(at('mounted'), ca.issue({ commonName: 'reader-2' }));
    await takenOver(before);
    assert.equal(countOf(daemon, 'cluster.status', 'remote'), statuses);
    await follows();
    await vigil.assertKept();
  });

  it('keeps the old certificate where the new one is of no known CA, or broken', async () => {
    const vigil = new Vigil(daemon, new Map([['10.60.0.1', 'remote']]));
    const stranger = new CertificateAuthority(at('stranger')).issue();
    await mountPair(at('mounted'), stranger);
    await untilReason(daemon, 'remote', ['TlsFailed', 'Unreachable']);
    assert.equal((await daemon.cluster('remote'))?.status, 'ConfigIncomplete');
    await follows();
    await mountPair(at('mounted'), { ...stranger, key: 'no key' });
    await untilReason(daemon, 'remote', ['FileInvalid']);
    await follows();
    await mountPair(at('mounted'), ca.issue({ commonName: 'reader-3' }));
    await daemon.untilStatus('remote', 'InSync', 20_000);
    await follows();
    await vigil.assertKept();
  });

  it('takes a changed password over', async () => {
    const vigil = new Vigil(daemon, new Map([['10.60.0.1', 'remote']]));
    await useRcc('password-too-early');
    await untilReason(daemon, 'remote', ['Unauthorized']);
    assert.equal((await daemon.cluster('remote'))?.status, 'ConfigIncomplete');
    await follows();
    await etcd.client.user('reader').setPassword('password-2');
    await useRcc('password-2');
    await daemon.untilStatus('remote', 'InSync', 40_000);
    await follows();
    await vigil.assertKept();
  });
});

/** A daemon whose log says, too, that the remote cluster is in sync. */
async function startInSync(rccs: string): Promise<DaemonProcess> {
  const daemon = await DaemonProcess.start(['--rcc-directory', rccs, '--connect-timeout', '2s']);
  await daemon.untilStatus('remote', 'InSync');
  await until('the line about it', () =>
    daemon.lines.some((line) => line.event === 'cluster.status' && line['status'] === 'InSync'),
  );
  return daemon;
}

/** A mounted Secret of type kubernetes.io/tls: both files change at one moment, by a symlink that is exchanged. */
async function mountPair(directory: string, { cert, key }: IssuedCertificate): Promise<void> {
  const version = `..${Math.random().toString(36).slice(2)}`;
  await mkdir(join(directory, version), { recursive: true });
  await writeFile(join(directory, version, 'tls.crt'), cert);
  await writeFile(join(directory, version, 'tls.key'), key);
  await symlink(version, join(directory, '..next'));
  await rename(join(directory, '..next'), join(directory, '..data'));
  for (const name of ['tls.crt', 'tls.key']) {
    await symlink(join('..data', name), join(directory, name)).catch(() => undefined);
  }
}
