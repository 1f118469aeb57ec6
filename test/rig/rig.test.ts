import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CertificateAuthority } from './certificates.ts';
import { until } from './deadline.ts';
import { withServers } from './suite.ts';

withServers('rig: etcd', ['etcd'], (rig) => {
  it('keeps data over a kill, and loses it on request', async () => {
    const etcd = await rig.etcd();
    const revision = await etcd.put('a', '1');
    assert.equal(
      await etcd.putAll(
        new Map([
          ['b', '2'],
          ['c', '3'],
        ]),
      ),
      revision + 1,
    );
    await etcd.kill();
    await etcd.restart();
    assert.deepEqual(await etcd.client.getAll().strings(), { a: '1', b: '2', c: '3' });
    assert.equal(await etcd.delete('a'), revision + 2);
    await etcd.compact();
    await assert.rejects(async () => etcd.client.get('a').revision(String(revision)).exec(), /compacted/);
    await etcd.restart({ empty: true });
    assert.deepEqual(await etcd.client.getAll().strings(), {});
  });

  it('asks for a password where one is set', async () => {
    const etcd = await rig.etcd({ rootPassword: 'secret' });
    await etcd.put('a', '1');
    const answer = await fetch(`${etcd.endpoint}/v3/kv/range`, { method: 'POST', body: '{"key":"YQ=="}' });
    assert.notEqual(answer.status, 200);
  });
});

withServers('rig: TLS', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  it('an etcd that asks for client certificates, with and without passwords', async () => {
    const ca = new CertificateAuthority(await rig.directory());
    const { certFile, keyFile } = ca.issue();
    const tls = {
      certFile,
      keyFile,
      caFile: ca.certFile,
      clientCaFile: ca.certFile,
      clientCertFile: certFile,
      clientKeyFile: keyFile,
    };
    const etcd = await rig.etcd({ tls });
    assert.equal(await etcd.put('a', '1'), 2);
    const guarded = await rig.etcd({ tls, rootPassword: 'secret' });
    await guarded.restart();
    await guarded.put('a', '1');
    assert.deepEqual(await guarded.client.getAll().strings(), { a: '1' });
  });

  it('a kube-apiserver with a certificate of ours, that takes client certificates', async () => {
    const ca = new CertificateAuthority(await rig.directory());
    const server = await rig.kubeApiserver({
      tls: { ...ca.issue(), caFile: ca.certFile },
      clientCaFile: ca.certFile,
    });
    assert.equal(server.ca, ca.cert);
    const { certFile, keyFile } = ca.issue({ commonName: 'carol', organization: 'system:masters' });
    const flags = ['--server', server.url, '--certificate-authority', ca.certFile];
    const identity = ['--client-certificate', certFile, '--client-key', keyFile];
    assert.match(
      await server.kubectl([...flags, ...identity, 'auth', 'whoami'], { user: 'nobody' }),
      /carol/,
    );
  });
});

withServers('rig: etcd 3.4', ['etcd-3.4'], (rig) => {
  it('starts', async () => {
    const etcd = await rig.etcd({ version: '3.4' });
    assert.equal(await etcd.put('a', '1'), 2);
    const { etcdserver } = (await (await fetch(`${etcd.endpoint}/version`)).json()) as { etcdserver: string };
    assert.match(etcdserver, /^3\.4\./);
  });
});

withServers('rig: kube-apiserver', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  it('serves, tells users apart, and comes back at the same place', async () => {
    const server = await rig.kubeApiserver({ featureGates: { WatchList: false } });
    await server.applyCalicoCrds('crd.projectcalico.org');
    await server.applyCalicoCrds('projectcalico.org');
    const pod = {
      metadata: { name: 'a' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    };
    assert.equal((await server.call('POST', '/api/v1/namespaces/default/pods', pod)).status, 201);
    assert.equal((await server.call('GET', '/api/v1/pods', undefined, 'nobody')).status, 403);
    assert.equal((await server.callWithToken('wrong', 'GET', '/api/v1/pods')).status, 401);
    await server.kill();
    await server.restart(['--request-timeout=30s']);
    const path = '/apis/crd.projectcalico.org/v1/hostendpoints';
    await until('custom resources served', async () => (await server.call('GET', path)).status === 200);
    assert.match(await server.kubectl(['get', 'pods', '-o', 'name']), /pod\/a/);
    await server.kubectl(['create', 'serviceaccount', 'robot']);
    const token = await server.serviceAccountToken('default', 'robot');
    assert.equal((await server.callWithToken(token, 'GET', '/api/v1/pods')).status, 403);
  });
});
