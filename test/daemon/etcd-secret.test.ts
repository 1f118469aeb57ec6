import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { CertificateAuthority } from '../rig/certificates.ts';
import { until } from '../rig/deadline.ts';
import type { Etcd } from '../rig/etcd.ts';
import { withServers } from '../rig/suite.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { putWorkload, rccText, replaceFile } from './remote-fixture.ts';
import { countOf, untilReason, Vigil } from './vigil.ts';

withServers('an etcd whose RCC has all its credentials in a Secret', ['etcd'], (rig) => {
  let directory: string;
  let etcds: readonly Etcd[];
  let cas: readonly CertificateAuthority[];
  let daemon: DaemonProcess;
  const secret = new Map<string, string>();
  let workloads = 0;

  before(async () => {
    directory = await rig.directory();
    await mkdir(join(directory, 'rcc'));
    cas = ['old', 'new'].map((name) => new CertificateAuthority(join(directory, name), name));
    etcds = await Promise.all(cas.map((ca) => startEtcd(ca)));
    const client = cas[0]?.issue({ commonName: 'reader' });
    secret.set('datastoreType', 'etcdv3').set('etcdEndpoints', etcds[0]?.endpoint ?? '');
    secret.set('etcdUsername', 'root').set('etcdPassword', 'password-1');
    secret.set('etcdCACert', cas[0]?.cert ?? '');
    secret.set('etcdCert', client?.cert ?? '').set('etcdKey', client?.key ?? '');
    await useSecret();
    await replaceFile(
      join(directory, 'rcc/remote.json'),
      rccText('remote', {
        clusterAccessSecret: { kind: 'Secret', namespace: 'calico-system', name: 'east' },
      }),
    );
    const rccs = join(directory, 'rcc');
    daemon = await DaemonProcess.start(['--rcc-directory', rccs, '--connect-timeout', '2s']);
    await daemon.untilStatus('remote', 'InSync');
  });
  after(async () => {
    await daemon?.stop();
  });

  async function startEtcd(ca: CertificateAuthority): Promise<Etcd> {
    const { certFile, keyFile } = ca.issue();
    const tls = { certFile, keyFile, caFile: ca.certFile, clientCaFile: ca.certFile };
    const etcd = await rig.etcd({
      rootPassword: 'password-1',
      tls: { ...tls, clientCertFile: certFile, clientKeyFile: keyFile },
    });
    await putWorkload(etcd, 'web', '10.61.0.1');
    return etcd;
  }

  async function useSecret(): Promise<void> {
    const document = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'calico-system', name: 'east' },
      stringData: Object.fromEntries(secret),
    };
    await replaceFile(join(directory, 'rcc/secret.json'), JSON.stringify(document));
  }

  async function follows(etcd: Etcd | undefined): Promise<void> {
    assert.ok(etcd !== undefined);
    const ip = `10.61.1.${++workloads}`;
    await putWorkload(etcd, `new-${workloads}`, ip);
    await until('the new endpoint', async () => (await daemon.explain(ip)).endpoints.length === 1);
  }

  it('is followed', async () => {
    await follows(etcds[0]);
  });

  it('keeps the session that works while the Secret has a wrong password, and takes the right one over', async () => {
    const vigil = new Vigil(daemon, new Map([['10.61.0.1', 'remote']]));
    secret.set('etcdPassword', 'password-too-early');
    await useSecret();
    await untilReason(daemon, 'remote', ['Unauthorized']);
    assert.equal((await daemon.cluster('remote'))?.status, 'ConfigIncomplete');
    await follows(etcds[0]);
    secret.set('etcdPassword', 'password-1');
    await useSecret();
    await daemon.untilStatus('remote', 'InSync', 20_000);
    await follows(etcds[0]);
    await vigil.assertKept();
  });

  it('goes over to another CA, client certificate and address at once, and never to one without the other', async () => {
    const vigil = new Vigil(daemon, new Map([['10.61.0.1', 'remote']]));
    secret.set('etcdEndpoints', etcds[1]?.endpoint ?? '');
    await useSecret();
    await untilReason(daemon, 'remote', ['TlsFailed']);
    await follows(etcds[0]);
    const before = countOf(daemon, 'cluster.reconfigured', 'remote');
    const client = cas[1]?.issue({ commonName: 'reader' });
    secret.set('etcdCACert', cas[1]?.cert ?? '');
    secret.set('etcdCert', client?.cert ?? '').set('etcdKey', client?.key ?? '');
    await useSecret();
    await until('the new session', () => countOf(daemon, 'cluster.reconfigured', 'remote') > before);
    await follows(etcds[1]);
    await vigil.assertKept();
    assert.ok(!/password-|PRIVATE KEY/.test(daemon.output));
  });
});
