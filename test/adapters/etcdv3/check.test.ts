import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { withServers } from '../../rig/suite.ts';
import { accessOf, clusterInformation, prepare, ROOT, wepKey, wepValue } from './fixture.ts';
import type { EtcdAccess } from '../../../src/model/rcc.ts';

const forever = new AbortController().signal;

async function steps(access: EtcdAccess): Promise<readonly string[]> {
  const lines: string[] = [];
  const prepared = await prepare(access, { connectTimeoutMs: 500 });
  for await (const step of prepared.check(forever)) {
    assert.ok(step.message.length > 5);
    lines.push([step.step, step.result, step.reason ?? ''].join(' ').trim());
  }
  return lines;
}

withServers('etcdv3: check', ['etcd'], (rig) => {
  it('passes every step against a Calico etcd', async () => {
    const etcd = await rig.etcd();
    await etcd.put(`${ROOT}clusterinformations/default`, clusterInformation('abc'));
    await etcd.put(wepKey('default', 'a'), wepValue('default', 'a'));
    const kinds = (line: string): string[] => Array.from({ length: 5 }, () => line);
    assert.deepEqual(await steps(accessOf([etcd.endpoint])), [
      'dns ok',
      'tcp ok',
      'auth ok',
      ...kinds('permissions ok'),
      'identity ok',
      ...kinds('list ok'),
    ]);
  });

  it('stops where the rest is pointless, and says why', async () => {
    assert.deepEqual(await steps(accessOf(['http://127.0.0.1:1'])), [
      'dns ok',
      'tcp failed ConnectionRefused',
    ]);
    assert.deepEqual(await steps(accessOf(['http://no-such-host.invalid:1'])), ['dns failed DnsFailed']);
    const guarded = await rig.etcd({ rootPassword: 'sesame' });
    assert.deepEqual(await steps(accessOf([guarded.endpoint])), [
      'dns ok',
      'tcp ok',
      'auth failed Unauthorized',
    ]);
  });

  it('one dead endpoint of two is a failure that does not end the check', async () => {
    const etcd = await rig.etcd();
    const lines = await steps(accessOf(['http://127.0.0.1:1', etcd.endpoint]));
    assert.deepEqual(lines.slice(0, 5), [
      'dns ok',
      'tcp failed ConnectionRefused',
      'dns ok',
      'tcp ok',
      'auth ok',
    ]);
    assert.ok(lines.includes('identity failed NotFound'));
  });

  it('tells TLS faults from others', async () => {
    const ca = new CertificateAuthority(await rig.directory());
    const { certFile, keyFile, cert, key } = ca.issue();
    const etcd = await rig.etcd({
      tls: {
        certFile,
        keyFile,
        caFile: ca.certFile,
        clientCaFile: ca.certFile,
        clientCertFile: certFile,
        clientKeyFile: keyFile,
      },
    });
    const good = await steps(accessOf([etcd.endpoint], { caCert: ca.cert, cert, key }));
    assert.deepEqual(good.slice(0, 4), ['dns ok', 'tcp ok', 'tls ok', 'auth ok']);
    assert.deepEqual(await steps(accessOf([etcd.endpoint])), ['dns ok', 'tcp ok', 'tls failed TlsFailed']);
    const withoutOurs = await steps(accessOf([etcd.endpoint], { caCert: ca.cert }));
    assert.equal(withoutOurs.at(-1), 'tls failed TlsFailed');
  });
});
