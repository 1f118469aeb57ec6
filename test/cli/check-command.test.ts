import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DirectoryRccSource } from '../../src/adapters/file/rcc-source.ts';
import type { Adapter, CheckStep } from '../../src/contract/adapter.ts';
import { DatastoreError } from '../../src/contract/datastore-error.ts';
import type { RccSource } from '../../src/contract/rcc-source.ts';
import type { ClusterAccess, DatastoreType } from '../../src/model/rcc.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { fedsyncd } from './console-fixture.ts';
import type { Outcome } from './console-fixture.ts';

const SECRET = 'hunter2-s3cr3t';

/** Answers by the address that the access names, as a real adapter would by what it finds there. */
function adapter(type: DatastoreType, part: (access: ClusterAccess) => string | undefined): Adapter {
  return {
    type,
    serves: (access) => part(access) !== undefined,
    prepare(access) {
      const address = part(access) ?? '';
      if (address.includes('nofile')) {
        return Promise.reject(
          new DatastoreError('config', 'FileUnreadable', '/etc/kube/nofile: no such file'),
        );
      }
      if (address.includes('bug')) return Promise.reject(new TypeError(`oops ${SECRET}`));
      async function* check(): AsyncGenerator<CheckStep> {
        yield { step: 'dns', subject: address, result: 'ok', message: 'resolved' };
        await Promise.resolve();
        if (address.includes('refused')) {
          yield {
            step: 'tcp',
            subject: address,
            result: 'failed',
            reason: 'ConnectionRefused',
            message: 'nothing\u001b[31m listens',
          };
          yield { step: 'tls', subject: address, result: 'skipped', message: 'no connection' };
        }
        if (address.includes('throws')) throw new DatastoreError('retry', 'Timeout', 'no answer in 10 s');
      }
      const open = (): never => assert.fail('check opens nothing');
      return Promise.resolve({ type, fingerprint: 'f', files: ['/a'], open, check });
    },
  };
}

const adapters = [
  adapter('etcdv3', ({ etcd }) => etcd?.endpoints.join()),
  adapter('kubernetes', ({ kubernetes }) => kubernetes && (kubernetes.kubeconfig || 'https://inline')),
];

const FILES: Readonly<Record<string, readonly (readonly [name: string, spec: unknown])[]>> = {
  'well.json': [['well', { etcdEndpoints: 'https://a:1', kubeconfig: '/well' }]],
  'refused.json': [['refused', { etcdEndpoints: 'https://refused:1' }]],
  'throws.json': [['throws', { etcdEndpoints: 'https://throws:1' }]],
  'nofile.json': [['nofile', { datastoreType: 'kubernetes', kubeconfig: '/etc/kube/nofile' }]],
  'bug.json': [['bug', { datastoreType: 'kubernetes', kubeconfig: '/bug' }]],
  'invalid.json': [['invalid', { datastoreType: 'kubernetes', k8sAPIToken: SECRET, etcdPassword: SECRET }]],
  'secret.json': [['secret', { clusterAccessSecret: { namespace: 'fed', name: 'good' } }]],
  'badsecret.json': [['badsecret', { clusterAccessSecret: { namespace: 'fed', name: 'bad' } }]],
  'nosecret.json': [['nosecret', { clusterAccessSecret: { namespace: 'fed', name: 'none' } }]],
};

describe('check', () => {
  let directory = '';
  const source = (): RccSource => new DirectoryRccSource({ directory, clock: systemClock, pollMs: 60_000 });

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fedsyncd-check-'));
    for (const [file, [[name, spec] = ['', {}]]] of Object.entries(FILES)) {
      const document = {
        apiVersion: 'projectcalico.org/v3',
        kind: 'RemoteClusterConfiguration',
        metadata: { name },
        spec,
      };
      await writeFile(join(directory, file), JSON.stringify(document));
    }
    for (const [name, stringData] of [
      ['good', { datastoreType: 'kubernetes', kubeconfig: SECRET }],
      ['bad', { datastoreType: 'kubernetes', etcdKey: SECRET, kubeconfig: SECRET }],
    ] as const) {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'fed', name }, stringData };
      await writeFile(join(directory, `secret-${name}.json`), JSON.stringify(secret));
    }
  });
  after(() => rm(directory, { recursive: true }));

  function check(...argv: string[]): Promise<Outcome> {
    return fedsyncd(['check', '--rcc-directory', directory, ...argv], {
      wiring: { rccSources: () => Promise.resolve([source()]), adapters: () => Promise.resolve(adapters) },
    });
  }

  it('passes a good cluster, both its datastores', async () => {
    const { code, out } = await check('well');
    assert.equal(code, 0, out);
    assert.match(out, /^well {2}parse {8}ok {7}.*well\.json.*: datastoreType etcdv3\.$/m);
    assert.match(out, /^well {2}files {8}ok {7}etcdv3: 1 file\(s\) read\.$/m);
    assert.match(out, /^well {2}dns {10}ok {7}https:\/\/a:1: resolved$/m);
    assert.match(out, /^well {2}dns {10}ok {7}\/well: resolved$/m);
    assert.match(out, /^1 of 1 clusters passed\.$/m);
  });

  it('passes a cluster with a Secret', async () => {
    const { code, out } = await check('secret');
    assert.equal(code, 0, out);
    assert.match(out, /files {8}ok {7}Secret fed\/good: Read; datastoreType kubernetes\.$/m);
  });

  const failures: readonly (readonly [name: string, expected: RegExp])[] = [
    [
      'refused',
      /^refused {2}tcp +failed {3}https:\/\/refused:1: nothing \[31m listens \[ConnectionRefused\]\n +-> Check address/m,
    ],
    ['refused', /^refused {2}tls +skipped /m],
    ['throws', /^throws {2}list +failed {3}etcdv3: no answer in 10 s \[Timeout\]$/m],
    [
      'nofile',
      /^nofile {2}files +failed {3}kubernetes: \/etc\/kube\/nofile: no such file \[FileUnreadable\]$/m,
    ],
    ['bug', /^bug {2}files +failed {3}kubernetes: Unexpected TypeError\.$/m],
    [
      'invalid',
      /^invalid {2}parse +failed .*spec\.etcdPassword is only valid .*; spec\.k8sAPIToken|kubeconfigInline/m,
    ],
    [
      'badsecret',
      /^badsecret {2}files +failed {3}Secret fed\/bad: data\.etcdKey is only valid .* \[SecretInvalid\]$/m,
    ],
    [
      'nosecret',
      /^nosecret {2}files +failed {3}Secret fed\/none: The Secret does not exist\. \[SecretNotFound\]$/m,
    ],
    ['absent', /^Not found: no source holds a remote cluster named absent$/m],
  ];
  for (const [name, expected] of failures) {
    it(`fails ${name}`, async () => {
      const { code, out } = await check(name);
      assert.equal(code, 1, out);
      assert.match(out, expected);
    });
  }

  it('checks all where none is named; one that fails does not hold up the rest', async () => {
    const { code, out } = await check();
    assert.equal(code, 1);
    assert.match(
      out,
      /^2 of 9 clusters passed; failed: badsecret, bug, invalid, nofile, nosecret, refused, throws$/m,
    );
  });

  it('gives the same as JSON', async () => {
    const { code, out } = await check('-o', 'json');
    assert.equal(code, 1);
    const result = JSON.parse(out) as {
      ok: boolean;
      clusters: { name: string; ok: boolean; steps: CheckStep[] }[];
    };
    assert.equal(result.ok, false);
    assert.deepEqual(
      result.clusters.filter(({ ok }) => ok).map(({ name }) => name),
      ['secret', 'well'],
    );
    assert.ok(!out.includes('sourced') && !out.includes('"spec"'), 'no document is printed');
  });

  it('never shows a secret', async () => {
    for (const argv of [[], ['-o', 'json']]) {
      const { out, err } = await check(...argv);
      assert.ok(!out.includes(SECRET) && !err.includes(SECRET), out);
    }
  });

  it('says what is wrong with sources and documents', async () => {
    await writeFile(join(directory, 'broken.yaml'), 'a: [');
    const lost: RccSource = {
      name: 'kubernetes',
      secrets: undefined,
      run: (onSnapshot) => {
        onSnapshot({
          documents: [],
          rejected: [],
          problem: { reason: 'Forbidden', message: 'may not list' },
        });
        return Promise.resolve();
      },
    };
    const wiring = {
      rccSources: () => Promise.resolve([source(), lost, source()]),
      adapters: () => Promise.resolve(adapters),
    };
    const { code, out } = await fedsyncd(['check', '--rcc-directory', directory, 'well'], { wiring });
    await rm(join(directory, 'broken.yaml'));
    assert.equal(code, 1);
    assert.match(out, /^Source kubernetes: may not list \[Forbidden\]$/m);
    assert.match(out, /^Rejected: .*broken\.yaml/m);
    assert.match(out, /^Conflict: well: .* is used, .* is ignored$/m);
  });
});
