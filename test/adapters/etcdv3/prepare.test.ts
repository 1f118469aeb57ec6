import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { accessOf, datastoreError, prepare } from './fixture.ts';
import type { EtcdAccess } from '../../../src/model/rcc.ts';
import { parseEndpoints } from '../../../src/adapters/etcdv3/endpoint.ts';

const ENDPOINTS = ['https://10.0.0.1:2379'];

async function refused(
  fields: Partial<EtcdAccess>,
  endpoints: readonly string[] = ENDPOINTS,
): Promise<string> {
  const error = await datastoreError(prepare(accessOf(endpoints, fields)));
  assert.equal(error.reaction, 'config');
  return `${error.reason} ${error.message}`;
}

describe('etcdv3: endpoints', () => {
  it('reads hosts, addresses and IPv6 in brackets', () => {
    assert.deepEqual(parseEndpoints(['https://etcd.example:2379', ' https://[fd00::1]:2380 ']), [
      { url: 'https://etcd.example:2379', secure: true, host: 'etcd.example', port: 2379 },
      { url: 'https://[fd00::1]:2380', secure: true, host: 'fd00::1', port: 2380 },
    ]);
  });

  it('refuses what it cannot use, without repeating it', async () => {
    const wrong = [
      '10.0.0.1:2379',
      'https://10.0.0.1',
      'https://u:secret@h:1',
      'https://h:1/path',
      'https://h:70000',
      'ftp://h:1',
      '',
    ];
    for (const endpoint of wrong) {
      const message = await refused({}, [endpoint]);
      assert.match(message, /^InvalidConfig spec\.etcdEndpoints: /);
      assert.ok(!message.includes('secret'));
    }
    assert.match(await refused({}, []), /no endpoint/);
    assert.match(await refused({}, ['http://a:1', 'https://b:1']), /mixed/);
  });
});

describe('etcdv3: TLS material', () => {
  it('takes files or inline PEM, and says what is wrong with either', async (test) => {
    const directory = await tempDirectory(test);
    const ca = new CertificateAuthority(directory);
    const one = ca.issue();
    const two = ca.issue();
    const missing = join(directory, 'missing.pem');
    const broken = join(directory, 'broken.pem');
    await writeFile(broken, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    assert.match(await refused({ caCert: ca.cert, certFile: one.certFile }), /InvalidConfig .*mixed/);
    assert.match(
      await refused({ cert: one.cert }),
      /InvalidConfig spec\.etcdCert: a certificate without a key/,
    );
    assert.match(
      await refused({ keyFile: one.keyFile }),
      /spec\.etcdKeyFile .*: a key without a certificate/,
    );
    assert.match(await refused({ cert: one.cert, key: two.key }), /spec\.etcdKey: does not belong/);
    assert.match(await refused({ cert: one.cert, key: 'nonsense' }), /spec\.etcdKey: is not/);
    assert.match(await refused({ caCert: 'nonsense' }), /InvalidConfig spec\.etcdCACert: holds no PEM/);
    assert.equal(
      await refused({ caCertFile: missing }),
      `FileUnreadable spec.etcdCACertFile ${missing} cannot be read: ENOENT`,
    );
    assert.match(
      await refused({ caCertFile: broken }),
      /^FileInvalid spec\.etcdCACertFile .*broken\.pem: holds no PEM/,
    );
  });

  it('the fingerprint follows every field and the content of files; files are absolute', async (test) => {
    const directory = await tempDirectory(test);
    const ca = new CertificateAuthority(directory);
    const one = ca.issue();
    const fields = { caCertFile: ca.certFile, certFile: one.certFile, keyFile: one.keyFile };
    const first = await prepare(accessOf(ENDPOINTS, fields));
    assert.deepEqual(first.files, [ca.certFile, one.certFile, one.keyFile]);
    assert.equal((await prepare(accessOf(ENDPOINTS, fields))).fingerprint, first.fingerprint);
    const variants = [
      accessOf(['https://10.0.0.2:2379'], fields),
      accessOf(ENDPOINTS, { ...fields, username: 'u' }),
      accessOf(ENDPOINTS, { ...fields, password: 'p' }),
      accessOf(ENDPOINTS, { caCertFile: ca.certFile }),
    ];
    const seen = new Set([first.fingerprint]);
    for (const variant of variants) seen.add((await prepare(variant)).fingerprint);
    await writeFile(ca.certFile, `${await readFile(ca.certFile, 'utf8')}\n`);
    seen.add((await prepare(accessOf(ENDPOINTS, fields))).fingerprint);
    assert.equal(seen.size, variants.length + 2);
    for (const fingerprint of seen) assert.match(fingerprint, /^[0-9a-f]{64}$/);
  });
});

describe('etcdv3: lifecycle', () => {
  it('preparing and opening start nothing', async () => {
    const before = process.getActiveResourcesInfo().length;
    const prepared = await prepare(accessOf(ENDPOINTS));
    const datastores = Array.from({ length: 20 }, () => prepared.open());
    assert.equal(process.getActiveResourcesInfo().length, before);
    await Promise.all(datastores.map((datastore) => datastore.close()));
  });
});
