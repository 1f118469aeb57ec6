import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, it } from 'node:test';
import { Etcd3 } from 'etcd3';
import { CertificateAuthority } from '../rig/certificates.ts';
import { until } from '../rig/deadline.ts';
import { withServers } from '../rig/suite.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { ROOT, etcdFixture } from './etcd-fixture.ts';

const NOW = 1_800_000_000_000;
const PREFIX = `${ROOT}workloadendpoints/`;

function workloadKeys(world: {
  expectedEndpoints(): Iterable<{ namespace: string; name: string }>;
}): string[] {
  return [...world.expectedEndpoints()].map(({ namespace, name }) => `${PREFIX}${namespace}/${name}`).sort();
}

describe('simulated etcd and the etcd3 package', () => {
  it('is listed and watched over TLS with a user', async (test) => {
    const authority = new CertificateAuthority(await tempDirectory(test));
    const { cert, key } = authority.issue();
    const user = { username: 'reader', password: 'secret' };
    const { server, world } = await etcdFixture(test, {}, { tls: { cert, key }, user });
    const client = new Etcd3({
      hosts: server.listener.url,
      auth: user,
      credentials: { rootCertificate: Buffer.from(authority.cert) },
    });
    test.after(() => client.close());
    const listed = await client.getAll().prefix(PREFIX).keys();
    assert.deepEqual(listed.sort(), workloadKeys(world));
    const keys = new Set(listed);
    const watcher = await client.watch().prefix(PREFIX).create();
    watcher.on('put', ({ key }) => keys.add(key.toString()));
    watcher.on('delete', ({ key }) => keys.delete(key.toString()));
    for (let i = 0; i < 20; i++) world.deployments.replace(i, NOW);
    const expected = workloadKeys(world);
    await until(
      'the same keys',
      () => expected.every((one) => keys.has(one)) && keys.size === expected.length,
    );
    await watcher.cancel();
  });
});

withServers('simulated etcd and etcdctl', ['etcdctl'], (rig) => {
  it('is read, compacted and found healthy', async (test) => {
    const { server, world } = await etcdFixture(test);
    const run = async (...args: string[]): Promise<string> => {
      const all = ['--endpoints', server.listener.url, ...args];
      return (await promisify(execFile)(rig.binary('etcdctl'), all)).stdout;
    };
    const listed = (await run('get', '--prefix', PREFIX, '--keys-only'))
      .split('\n')
      .filter((line) => line !== '');
    assert.deepEqual(listed, workloadKeys(world));
    const old = world.store.revision;
    world.deployments.replace(0, NOW);
    const before = (await run('get', '--prefix', PREFIX, '--keys-only', '--rev', String(old))).split('\n');
    assert.deepEqual(before.filter((line) => line !== '').sort(), listed.sort());
    await run('compact', String(world.store.revision));
    await assert.rejects(run('get', 'any', '--rev', String(old)), /compacted/);
    await run('endpoint', 'health');
  });
});
