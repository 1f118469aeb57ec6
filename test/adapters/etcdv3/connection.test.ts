import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Range } from 'etcd3';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import {
  accessOf,
  clusterInformation,
  datastoreError,
  Follower,
  open,
  Recorder,
  ROOT,
  wepKey,
  wepValue,
} from './fixture.ts';
import { TcpProxy } from './tcp-proxy.ts';
import type { Etcd } from '../../rig/etcd.ts';
import type { Datastore } from '../../../src/contract/datastore.ts';

const forever = new AbortController().signal;
const resource = 'workloadendpoints';

async function put(etcd: Etcd, pod: string): Promise<void> {
  await etcd.put(wepKey('default', pod), wepValue('default', pod));
}

async function names(datastore: Datastore): Promise<readonly string[]> {
  const recorder = new Recorder();
  await recorder.list(datastore, resource, forever);
  return recorder.names;
}

withServers('etcdv3: several endpoints', ['etcd'], (rig) => {
  it('passes over endpoints that refuse or never answer, and remembers the good one', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const hole = await TcpProxy.start(test, undefined);
    const endpoints = ['http://127.0.0.1:1', hole.endpoint, etcd.endpoint];
    const datastore = await open(test, accessOf(endpoints), { connectTimeoutMs: 300 });
    assert.deepEqual(await names(datastore), ['default/a']);
    assert.deepEqual(await names(datastore), ['default/a']);
    assert.equal(hole.accepted, 1);
    await until('no socket is left in the hole', () => hole.connections === 0);
  });

  it('a watch moves to the other endpoint when the first one dies or hangs', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const one = await TcpProxy.start(test, etcd.port);
    const two = await TcpProxy.start(test, etcd.port);
    const follower = new Follower(test, await open(test, accessOf([one.endpoint, two.endpoint])));
    await follower.holds(['default/a']);
    assert.deepEqual([one.accepted, two.accepted], [1, 0]);
    one.stall();
    one.cut();
    await until('the other', () => two.accepted === 1);
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    assert.equal(follower.lists, 1);
  });

  it('a request to an endpoint that hangs times out; the next goes elsewhere', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const one = await TcpProxy.start(test, etcd.port);
    const datastore = await open(test, accessOf([one.endpoint, etcd.endpoint]), { requestTimeoutMs: 300 });
    await names(datastore);
    one.stall();
    const error = await datastoreError(names(datastore));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'Timeout']);
    assert.deepEqual(await names(datastore), ['default/a']);
    assert.equal(one.accepted, 1, 'the endpoint that hung was not tried first again');
  });

  it('says of every endpoint why it does not work', async (test) => {
    const hole = await TcpProxy.start(test, undefined);
    const endpoints = ['http://127.0.0.1:1', hole.endpoint, 'http://no-such-host.invalid:2379'];
    const datastore = await open(test, accessOf(endpoints), { connectTimeoutMs: 300 });
    const error = await datastoreError(names(datastore));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'ConnectionRefused']);
    for (const part of [...endpoints, 'refused', 'does not answer', 'does not resolve']) {
      assert.ok(error.message.includes(part), `${part} in: ${error.message}`);
    }
  });

  it('a caller that gives up does not end the attempt of another', async (test) => {
    const etcd = await rig.etcd();
    const hole = await TcpProxy.start(test, undefined);
    const datastore = await open(test, accessOf([hole.endpoint, etcd.endpoint]), { connectTimeoutMs: 300 });
    const abort = new AbortController();
    const first = datastore.identify(abort.signal);
    const second = datastore.identify(forever);
    abort.abort(new Error('given up'));
    await assert.rejects(first, /given up/);
    assert.equal((await second).length, 1);
  });
});

withServers('etcdv3: authentication', ['etcd'], (rig) => {
  const login = { username: 'root', password: 'sesame' };

  it('gets a new token when etcd forgot the old one, for lists and watches', async (test) => {
    const etcd = await rig.etcd({ rootPassword: 'sesame' });
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint], login));
    const follower = new Follower(test, datastore);
    await follower.holds(['default/a']);
    await etcd.kill();
    await etcd.restart();
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    assert.equal(follower.lists, 1);
    assert.deepEqual(await names(datastore), ['default/a', 'default/b']);
  });

  it('a token that expires is renewed without an error', async (test) => {
    const etcd = await rig.etcd({ rootPassword: 'sesame', args: ['--auth-token-ttl=1'] });
    const datastore = await open(test, accessOf([etcd.endpoint], login));
    for (let i = 0; i < 3; i++) {
      await names(datastore);
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    assert.deepEqual(await names(datastore), []);
  });

  it('wrong, missing and incomplete credentials are unauthorized, and never shown', async (test) => {
    const etcd = await rig.etcd({ rootPassword: 'sesame' });
    for (const wrong of [{ username: 'root', password: 'open-barley' }, {}, { username: 'root' }]) {
      const datastore = await open(test, accessOf([etcd.endpoint], wrong));
      const error = await datastoreError(names(datastore));
      assert.deepEqual([error.reaction, error.reason], ['unauthorized', 'Unauthorized']);
      assert.ok(error.message.includes(etcd.endpoint));
      assert.ok(!error.message.includes('barley'));
    }
  });

  it('credentials are no harm where authentication is off', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint], login));
    assert.deepEqual(await names(datastore), ['default/a']);
  });

  it('what may not be read is forbidden, the rest works', async (test) => {
    const etcd = await rig.etcd({ rootPassword: 'sesame' });
    await put(etcd, 'a');
    const role = etcd.client.role('reader');
    await role.create();
    const prefix = `${ROOT}workloadendpoints/`;
    await role.grant({ permission: 'Read', range: Range.prefix(prefix) });
    const user = etcd.client.user('reader');
    await user.create('book');
    await user.addRole('reader');
    const datastore = await open(test, accessOf([etcd.endpoint], { username: 'reader', password: 'book' }));
    const follower = new Follower(test, datastore);
    await follower.holds(['default/a']);
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    const { revision } = follower.recorder;
    const sink = new Recorder();
    const listing = await datastoreError(datastore.list({ resource: 'profiles', sink, signal: forever }));
    assert.deepEqual([listing.reaction, listing.reason], ['forbidden', 'Forbidden']);
    const watching = await datastoreError(
      datastore.watch({ resource: 'profiles', sink, signal: forever, revision }),
    );
    assert.deepEqual([watching.reaction, watching.reason], ['forbidden', 'Forbidden']);
    // The id of the cluster needs no permission.
    assert.match((await datastore.identify(forever)).join(), /^etcd:[0-9a-f]+$/);
  });
});

withServers('etcdv3: authentication with etcd 3.4', ['etcd-3.4'], (rig) => {
  it('a watch whose token is unknown after a restart gets a new one', async (test) => {
    const etcd = await rig.etcd({ version: '3.4', rootPassword: 'sesame' });
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint], { username: 'root', password: 'sesame' }));
    const follower = new Follower(test, datastore);
    await follower.holds(['default/a']);
    await etcd.kill();
    await etcd.restart();
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    assert.equal(follower.lists, 1);
  });
});

withServers('etcdv3: TLS', ['etcd'], (rig) => {
  it('client certificates from files and inline; what is wrong is said', async (test) => {
    const ca = new CertificateAuthority(await rig.directory());
    const other = new CertificateAuthority(await rig.directory(), 'other-ca');
    const server = ca.issue();
    const client = ca.issue({ commonName: 'client' });
    const stranger = other.issue();
    const etcd = await rig.etcd({
      tls: {
        certFile: server.certFile,
        keyFile: server.keyFile,
        caFile: ca.certFile,
        clientCaFile: ca.certFile,
        clientCertFile: client.certFile,
        clientKeyFile: client.keyFile,
      },
    });
    await etcd.put(`${ROOT}clusterinformations/default`, clusterInformation('abc'));
    const files = { caCertFile: ca.certFile, certFile: client.certFile, keyFile: client.keyFile };
    const inline = { caCert: ca.cert, cert: client.cert, key: client.key };
    const byName = etcd.endpoint.replace('127.0.0.1', 'localhost');
    for (const [endpoint, tls] of [
      [etcd.endpoint, files],
      [etcd.endpoint, inline],
      [byName, inline],
    ] as const) {
      const datastore = await open(test, accessOf([endpoint], tls));
      const identity = await datastore.identify(forever);
      assert.match(identity.join(' '), /^etcd:[0-9a-f]+ calico:abc$/);
    }
    const wrong = [
      { caCert: other.cert, cert: client.cert, key: client.key },
      { caCert: ca.cert, cert: stranger.cert, key: stranger.key },
      { caCert: ca.cert },
      {},
    ];
    for (const tls of wrong) {
      const error = await datastoreError(names(await open(test, accessOf([etcd.endpoint], tls))));
      assert.deepEqual([error.reaction, error.reason], ['retry', 'TlsFailed'], error.message);
      assert.ok(error.message.includes(etcd.endpoint));
      assert.ok(!error.message.includes('PRIVATE'));
    }
    const plain = await datastoreError(
      names(await open(test, accessOf([etcd.endpoint.replace('https', 'http')]))),
    );
    assert.equal(plain.reaction, 'retry');
  });

  it('a certificate for another host is refused', async (test) => {
    const ca = new CertificateAuthority(await rig.directory());
    const server = ca.issue({ dns: ['elsewhere'], ips: ['127.0.0.2', '127.0.0.1'] });
    const etcd = await rig.etcd({
      tls: { certFile: server.certFile, keyFile: server.keyFile, caFile: ca.certFile },
    });
    const byName = etcd.endpoint.replace('127.0.0.1', 'localhost');
    const error = await datastoreError(names(await open(test, accessOf([byName], { caCert: ca.cert }))));
    assert.equal(error.reason, 'TlsFailed');
    assert.deepEqual(await names(await open(test, accessOf([etcd.endpoint], { caCert: ca.cert }))), []);
  });

  it('a peer that hangs in the TLS handshake costs no socket', async (test) => {
    const hole = await TcpProxy.start(test, undefined);
    const endpoint = hole.endpoint.replace('http:', 'https:');
    const datastore = await open(test, accessOf([endpoint]), { connectTimeoutMs: 200 });
    const error = await datastoreError(names(datastore));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'Timeout']);
    await until('no socket', () => hole.connections === 0);
  });
});
