import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { type FeedKubeconfigOptions, feedKubeconfig } from '../../../src/feed/access/kubeconfig.ts';
import { type YamlMap, type YamlValue, toYaml } from '../../../src/feed/access/yaml-text.ts';

const seed = Number(process.env['PBT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const base: FeedKubeconfigOptions = {
  server: 'https://feed.example:8443/',
  caPem: undefined,
  merged: true,
  clusters: ['east', 'west.example'],
  credential: undefined,
};

describe('feedKubeconfig', () => {
  it('has one context for each view, the merged one current', () => {
    const text = feedKubeconfig({
      ...base,
      clusters: ['east'],
      caPem: 'PEM',
      credential: { type: 'token-file', path: '/run/token' },
    });
    assert.equal(
      text,
      `apiVersion: v1
kind: Config
clusters:
- name: fedsyncd
  cluster:
    server: "https://feed.example:8443"
    certificate-authority-data: UEVN
- name: fedsyncd-east
  cluster:
    server: "https://feed.example:8443/clusters/east"
    certificate-authority-data: UEVN
users:
- name: fedsyncd
  user:
    tokenFile: /run/token
contexts:
- name: fedsyncd
  context:
    cluster: fedsyncd
    user: fedsyncd
- name: fedsyncd-east
  context:
    cluster: fedsyncd-east
    user: fedsyncd
current-context: fedsyncd
`,
    );
  });

  it('says of plain HTTP that nothing is verified: some clients do not speak it else', () => {
    const text = feedKubeconfig({ ...base, server: 'http://127.0.0.1:8080', clusters: [], caPem: 'PEM' });
    const { clusters } = parse(text) as { readonly clusters: readonly { readonly cluster: unknown }[] };
    assert.deepEqual(clusters[0]?.cluster, {
      server: 'http://127.0.0.1:8080',
      'insecure-skip-tls-verify': true,
    });
  });

  it('has the view of one cluster alone', () => {
    const config = parse(feedKubeconfig({ ...base, merged: false, clusters: ['east'] })) as Record<
      string,
      unknown
    >;
    assert.equal(config['current-context'], 'fedsyncd-east');
    assert.equal((config['contexts'] as unknown[]).length, 1);
    assert.deepEqual(config['users'], [{ name: 'fedsyncd', user: {} }]);
  });

  it('holds each kind of credential', () => {
    const userOf = (credential: FeedKubeconfigOptions['credential']): unknown => {
      const config = parse(feedKubeconfig({ ...base, credential })) as { users: { user: unknown }[] };
      return config.users[0]?.user;
    };
    assert.deepEqual(userOf({ type: 'token', token: 'true' }), { token: 'true' });
    assert.deepEqual(userOf({ type: 'certificate', certFile: '/c', keyFile: '/k' }), {
      'client-certificate': '/c',
      'client-key': '/k',
    });
    assert.deepEqual(
      userOf({ type: 'exec', command: 'kubectl', args: ['create', 'token', '#x: y'], env: { A: '1' } }),
      {
        exec: {
          apiVersion: 'client.authentication.k8s.io/v1',
          command: 'kubectl',
          args: ['create', 'token', '#x: y'],
          env: [{ name: 'A', value: '1' }],
          interactiveMode: 'IfAvailable',
        },
      },
    );
  });

  it('refuses servers and names that would go wrong', () => {
    for (const server of [
      'feed:8443',
      'ftp://feed',
      'https://a:b@feed',
      'https://feed/?x=1',
      'https://feed/#x',
      '',
    ]) {
      assert.throws(() => feedKubeconfig({ ...base, server }), /must be an http/, server);
    }
    for (const cluster of ['', '../x', 'A', 'a/b']) {
      assert.throws(
        () => feedKubeconfig({ ...base, clusters: [cluster] }),
        /cluster ".*": the name/,
        cluster,
      );
    }
    assert.throws(() => feedKubeconfig({ ...base, merged: false, clusters: [] }), /needs a view/);
  });
});

describe(`toYaml (PBT_SEED=${seed})`, () => {
  it('is read back by a YAML reader as it was', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({
        unit: fc.constantFrom('\u0085', '\u007f', '\u2028', '\ufeff', '\n', '"', '\\', '#', ':', ' ', '-'),
      }),
      fc.constantFrom(
        'true',
        'No',
        'null',
        '~',
        '1',
        '1e3',
        '0x1f',
        '.inf',
        '-',
        '',
        'y',
        '2001-01-01',
        '!x',
        '&a',
        '*a',
        'a: b',
      ),
    );
    const { value } = fc.letrec<{ value: YamlValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(text, tie('value'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(text, value, { minKeys: 1, maxKeys: 4 }), (map) => {
        const safe = JSON.parse(JSON.stringify(map)) as YamlMap;
        for (const version of ['1.1', '1.2'] as const) {
          assert.deepEqual(JSON.parse(JSON.stringify(parse(toYaml(safe), { version }))), safe);
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});
