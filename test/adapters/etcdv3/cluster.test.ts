import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { until } from '../../rig/deadline.ts';
import type { Etcd } from '../../rig/etcd.ts';
import { etcdMembers } from '../../rig/etcd-members.ts';
import { withServers } from '../../rig/suite.ts';
import { accessOf, datastoreError, Follower, open, Recorder, wepKey, wepValue } from './fixture.ts';
import { TcpProxy } from './tcp-proxy.ts';

const forever = new AbortController().signal;
const resource = 'workloadendpoints';

async function put(etcd: Etcd, pod: string): Promise<void> {
  await etcd.put(wepKey('default', pod), wepValue('default', pod));
}

withServers('etcdv3: a cluster of three members behind one RCC', ['etcd'], (rig) => {
  async function followed(test: TestContext): Promise<{
    readonly members: readonly [Etcd, Etcd, Etcd];
    readonly proxies: readonly [TcpProxy, TcpProxy, TcpProxy];
    readonly follower: Follower;
    /** Which member the connection leads to. */
    connected(): number;
  }> {
    const members = await etcdMembers(rig);
    const [a, b, c] = members;
    const proxies = [
      await TcpProxy.start(test, a.port),
      await TcpProxy.start(test, b.port),
      await TcpProxy.start(test, c.port),
    ] as const;
    const datastore = await open(test, accessOf(proxies.map(({ endpoint }) => endpoint)));
    await put(a, 'first');
    const follower = new Follower(test, datastore);
    await follower.holds(['default/first']);
    const connected = (): number => proxies.findIndex(({ connections }) => connections > 0);
    return { members, proxies, follower, connected };
  }

  it('goes on at another member when its own dies, without a list and without a loss', async (test) => {
    const { members, follower, connected } = await followed(test);
    const [a, b, c] = members;
    assert.equal(connected(), 0);
    await a.kill();
    // The two that are left may have to elect a leader first.
    await until('a write to the rest', async () => {
      await put(b, 'second');
      return true;
    });
    await follower.holds(['default/first', 'default/second']);
    assert.notEqual(connected(), 0);
    // It comes back with what it missed, and is the only one left that is known by its address.
    await a.restart();
    await c.kill();
    await until('a write to the rest', async () => {
      await put(a, 'third');
      return true;
    });
    await b.delete(wepKey('default', 'second'));
    await follower.holds(['default/first', 'default/third']);
    assert.equal(follower.lists, 1);
    assert.equal(follower.recorder.skipped.length, 0);
  });

  it('takes nothing from a member without a majority, keeps what it has, and goes on after it', async (test) => {
    const { members, follower, proxies } = await followed(test);
    const [a, b, c] = members;
    await Promise.all([b.kill(), c.kill()]);
    // The member that is left runs and accepts connections, but does not know whether others have gone on.
    const left = await open(test, accessOf([proxies[0].endpoint]));
    const failure = await until('a list that is refused', async () => {
      const outcome = await new Recorder().list(left, resource, forever).catch((error: unknown) => error);
      return outcome instanceof Error && outcome;
    });
    const error = await datastoreError(Promise.reject(failure));
    assert.equal(error.reaction, 'retry');
    assert.match(error.message, /no leader|no answer|timed out/);
    await until('the watch has noticed', () => follower.errors.length > 0);
    assert.deepEqual(follower.recorder.names, ['default/first']);
    await Promise.all([b.restart(), c.restart()]);
    await until('a write', async () => {
      await put(c, 'second');
      return true;
    });
    await a.delete(wepKey('default', 'first'));
    await follower.holds(['default/second']);
    assert.equal(follower.lists, 1);
  });

  it('is one cluster, whichever member is asked', async (test) => {
    const members = await etcdMembers(rig);
    const identities = await Promise.all(
      members.map(async ({ endpoint }) => (await open(test, accessOf([endpoint]))).identify(forever)),
    );
    assert.match(identities[0]?.join() ?? '', /^etcd:[0-9a-f]+$/);
    assert.deepEqual(identities[1], identities[0]);
    assert.deepEqual(identities[2], identities[0]);
  });
});

withServers('etcdv3: IPv6', ['etcd'], (rig) => {
  it('is dialled by its address, in the clear and with TLS', async (test) => {
    const ca = new CertificateAuthority(await rig.directory());
    const { certFile, keyFile } = ca.issue({ dns: [], ips: ['::1'] });
    const [plain, secure] = await Promise.all([
      rig.etcd({ host: '[::1]' }),
      rig.etcd({ host: '[::1]', tls: { certFile, keyFile, caFile: ca.certFile } }),
    ]);
    for (const etcd of [plain, secure]) {
      await put(etcd, 'a');
      const datastore = await open(
        test,
        accessOf([etcd.endpoint], { caCert: etcd === secure ? ca.cert : '' }),
      );
      const follower = new Follower(test, datastore);
      await follower.holds(['default/a']);
      await put(etcd, 'b');
      await follower.holds(['default/a', 'default/b']);
    }
    assert.match(secure.endpoint, /^https:\/\/\[::1\]:\d+$/);
  });

  it('is verified: a certificate for another address is refused', async (test) => {
    const ca = new CertificateAuthority(await rig.directory());
    const { certFile, keyFile } = ca.issue({ dns: ['localhost'], ips: ['127.0.0.1', '::2'] });
    const hole = { certFile, keyFile, caFile: ca.certFile };
    const etcd = await rig.etcd({ host: '[::1]', tls: hole });
    const datastore = await open(test, accessOf([etcd.endpoint], { caCert: ca.cert }));
    const error = await datastoreError(new Recorder().list(datastore, resource, forever));
    assert.equal(error.reason, 'TlsFailed');
    assert.ok(error.message.includes(etcd.endpoint));
  });

  it('of a member that is gone costs only the way to the next', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const datastore = await open(test, accessOf(['http://[::1]:1', etcd.endpoint]));
    const recorder = new Recorder();
    await recorder.list(datastore, resource, forever);
    assert.deepEqual(recorder.names, ['default/a']);
  });
});
