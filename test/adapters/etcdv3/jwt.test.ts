import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import type { Etcd } from '../../rig/etcd.ts';
import { type Rig, withServers } from '../../rig/suite.ts';
import { accessOf, datastoreError, Follower, open, Recorder, wepKey, wepValue } from './fixture.ts';

const forever = new AbortController().signal;
const login = { username: 'root', password: 'sesame' };

class TokenKeys {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The flag for tokens that are signed with the present keys. */
  flag(ttl: string): string {
    const file = (name: string): string => join(this.#directory, name);
    return `--auth-token=jwt,pub-key=${file('public.pem')},priv-key=${file('private.pem')},sign-method=RS256,ttl=${ttl}`;
  }

  /** New keys: no token that was signed before is valid any more. */
  async renew(): Promise<void> {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await writeFile(join(this.#directory, 'public.pem'), publicKey);
    await writeFile(join(this.#directory, 'private.pem'), privateKey, { mode: 0o600 });
  }
}

async function startWithTokens(rig: Rig, ttl: string): Promise<{ etcd: Etcd; keys: TokenKeys }> {
  const keys = new TokenKeys(await rig.directory());
  await keys.renew();
  return { keys, etcd: await rig.etcd({ rootPassword: login.password, args: [keys.flag(ttl)] }) };
}

async function put(etcd: Etcd, pod: string): Promise<void> {
  await etcd.put(wepKey('default', pod), wepValue('default', pod));
}

withServers('etcdv3: JWT tokens', ['etcd'], (rig) => {
  it('outlive a restart of etcd, and are renewed when its keys change', async (test) => {
    const { etcd, keys } = await startWithTokens(rig, '10m');
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint], login));
    const follower = new Follower(test, datastore);
    await follower.holds(['default/a']);
    await etcd.kill();
    await etcd.restart();
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    await etcd.kill();
    await keys.renew();
    await etcd.restart();
    await put(etcd, 'c');
    await follower.holds(['default/a', 'default/b', 'default/c']);
    assert.equal(follower.lists, 1);
    const recorder = new Recorder();
    await recorder.list(datastore, 'workloadendpoints', forever);
    assert.equal(recorder.objects.size, 3);
  });

  it('are renewed without an error when they expire; a watch outlives its token', async (test) => {
    const { etcd } = await startWithTokens(rig, '1s');
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint], login));
    const follower = new Follower(test, datastore);
    await follower.holds(['default/a']);
    const end = performance.now() + 3000;
    const errors: unknown[] = [];
    await until('three lives of a token', async () => {
      const listed = new Recorder().list(datastore, 'workloadendpoints', forever);
      await listed.catch((error: unknown) => errors.push(error));
      return performance.now() > end;
    });
    assert.deepEqual(errors, []);
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    assert.deepEqual([follower.lists, follower.errors], [1, []]);
  });

  it('are renewed when users or roles change: etcd refuses every older one', async (test) => {
    const { etcd } = await startWithTokens(rig, '10m');
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint], login));
    const follower = new Follower(test, datastore);
    await follower.holds(['default/a']);
    await etcd.client.role('another').create();
    await etcd.restart();
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    await etcd.client.role('third').create();
    const recorder = new Recorder();
    await recorder.list(datastore, 'workloadendpoints', forever);
    assert.deepEqual(recorder.names, ['default/a', 'default/b']);
    assert.equal(follower.lists, 1);
  });

  it('of a user whose password changed are refused, by name and without a secret', async (test) => {
    const { etcd } = await startWithTokens(rig, '10m');
    const datastore = await open(test, accessOf([etcd.endpoint], login));
    await new Recorder().list(datastore, 'workloadendpoints', forever);
    await etcd.client.auth.userChangePassword({ name: login.username, password: 'open-barley' });
    const error = await datastoreError(new Recorder().list(datastore, 'workloadendpoints', forever));
    assert.deepEqual([error.reaction, error.reason], ['unauthorized', 'Unauthorized']);
    assert.ok(error.message.includes(etcd.endpoint));
    assert.ok(!/sesame|barley|eyJ/.test(error.message));
  });
});
