import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DirectoryRccSource } from '../../../src/adapters/file/rcc-source.ts';
import type { RccSnapshot, SecretSnapshot } from '../../../src/contract/rcc-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Received } from '../../support/received.ts';
import { tempDirectory } from '../../support/temp-directory.ts';

const rcc = (name: string, endpoint = 'http://10.0.0.1:2379'): string => `
apiVersion: projectcalico.org/v3
kind: RemoteClusterConfiguration
metadata: {name: ${name}}
spec: {datastoreType: etcdv3, etcdEndpoints: "${endpoint}"}
`;
const secret = (name: string, type: string): string => `
apiVersion: v1
kind: Secret
metadata: {name: ${name}, namespace: fed}
data: {datastoreType: ${Buffer.from(type).toString('base64')}}
stringData: {etcdEndpoints: "http://10.0.0.2:2379"}
`;

interface Running {
  readonly source: DirectoryRccSource;
  readonly snapshots: Received<RccSnapshot>;
  readonly names: (...expected: string[]) => Promise<RccSnapshot>;
}

function run(test: TestContext, directory: string): Running {
  const source = new DirectoryRccSource({ directory, clock: systemClock, pollMs: 100 });
  const snapshots = new Received<RccSnapshot>();
  const controller = new AbortController();
  const running = source.run(snapshots.push, controller.signal);
  test.after(async () => {
    controller.abort(new Error('test over'));
    await running;
  });
  const names = (...expected: string[]): Promise<RccSnapshot> =>
    snapshots.until(
      `RCCs ${expected.join(', ')}`,
      (s) => !s.problem && s.documents.map((d) => d.name).join() === expected.join(),
    );
  return { source, snapshots, names };
}

describe('directory source', () => {
  it('reads several documents per file, YAML, JSON and lists, in byte order of the paths', async (test) => {
    const directory = await tempDirectory(test);
    await writeFile(join(directory, 'b.yaml'), `${rcc('b1')}---${rcc('b2')}---\n`);
    await writeFile(
      join(directory, 'a.json'),
      JSON.stringify({
        apiVersion: 'projectcalico.org/v3',
        kind: 'RemoteClusterConfigurationList',
        items: [{ metadata: { name: 'a1' }, spec: {} }],
      }),
    );
    await writeFile(join(directory, '.hidden.yaml'), rcc('hidden'));
    await writeFile(join(directory, 'notes.txt'), 'not for us');
    const { names } = run(test, directory);
    const snapshot = await names('a1', 'b1', 'b2');
    assert.equal(snapshot.documents[2]?.origin, `${join(directory, 'b.yaml')}, document 2`);
    assert.deepEqual(snapshot.rejected, []);
  });

  it('follows new, changed and removed files', async (test) => {
    const directory = await tempDirectory(test);
    await writeFile(join(directory, 'a.yaml'), rcc('a'));
    const { names, snapshots } = run(test, directory);
    await names('a');
    await writeFile(join(directory, 'b.yaml'), rcc('b'));
    await names('a', 'b');
    await writeFile(join(directory, 'a.yaml'), rcc('a', 'http://10.9.9.9:2379'));
    await snapshots.until('the new endpoint', (s) => JSON.stringify(s.documents).includes('10.9.9.9'));
    await rm(join(directory, 'a.yaml'));
    await names('b');
  });

  it('keeps the last state of a file that has one bad document, and names the place', async (test) => {
    const directory = await tempDirectory(test);
    const file = join(directory, 'a.yaml');
    await writeFile(file, `${rcc('a1')}---${rcc('a2')}`);
    const { names, snapshots } = run(test, directory);
    await names('a1', 'a2');
    const bad = [
      [`${rcc('a1')}---\nkind: [`, /document 2/, /line 7/],
      [`${rcc('a1')}---\nkind: ConfigMap\napiVersion: v1\n`, /document 2/, /neither/],
      [`${rcc('a1')}---\njust text\n`, /document 2/, /not an object/],
      [
        `${rcc('a1')}---\n{kind: RemoteClusterConfiguration, apiVersion: projectcalico.org/v3}\n`,
        /document 2/,
        /name/,
      ],
    ] as const;
    for (const [text, place, problem] of bad) {
      await writeFile(file, text);
      const snapshot = await snapshots.until(`rejection of ${text}`, (s) =>
        problem.test(s.rejected[0]?.problem ?? ''),
      );
      assert.match(snapshot.rejected[0]?.origin ?? '', place);
      assert.deepEqual(
        snapshot.documents.map((d) => d.name),
        ['a1', 'a2'],
      );
    }
    await writeFile(file, rcc('a1'));
    await names('a1');
  });

  it('never repeats the text of a file that it cannot read', async (test) => {
    const directory = await tempDirectory(test);
    await writeFile(
      join(directory, 'a.json'),
      '{"kind":"Secret","stringData":{"etcdPassword":"hunter2" oops',
    );
    await writeFile(
      join(directory, 'b.yaml'),
      'kind: Secret\nstringData: {etcdPassword: hunter2\n  - oops: [',
    );
    const { snapshots } = run(test, directory);
    const snapshot = await snapshots.until('two rejections', (s) => s.rejected.length === 2);
    assert.doesNotMatch(JSON.stringify(snapshot), /hunter2/);
  });

  it('says that the directory is missing instead of forgetting its RCCs', async (test) => {
    const parent = await tempDirectory(test);
    const directory = join(parent, 'rcc');
    await mkdir(directory);
    await writeFile(join(directory, 'a.yaml'), rcc('a'));
    const { names, snapshots } = run(test, directory);
    await names('a');
    await rename(directory, join(parent, 'away'));
    const snapshot = await snapshots.until('a problem', (s) => s.problem !== undefined);
    assert.equal(snapshot.problem?.reason, 'SourceMissing');
    assert.match(snapshot.problem?.message ?? '', /ENOENT/);
    await rename(join(parent, 'away'), directory);
    await names('a');
  });

  it('follows the ..data swap of a mounted ConfigMap', async (test) => {
    const directory = await tempDirectory(test);
    for (const [generation, name] of [
      ['..1', 'old'],
      ['..2', 'new'],
    ] as const) {
      await mkdir(join(directory, generation));
      await writeFile(join(directory, generation, 'rcc.yaml'), rcc(name));
    }
    await symlink('..1', join(directory, '..data'));
    await symlink('..data/rcc.yaml', join(directory, 'rcc.yaml'));
    const { names } = run(test, directory);
    await names('old');
    await symlink('..2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await names('new');
  });

  it('serves the Secrets of the directory by name, live', async (test) => {
    const directory = await tempDirectory(test);
    await writeFile(join(directory, 'a.yaml'), rcc('a'));
    const { names, source } = run(test, directory);
    await names('a');
    const secrets = new Received<SecretSnapshot>();
    const controller = new AbortController();
    const watching = source.secrets.watch({ namespace: 'fed', name: 's' }, secrets.push, controller.signal);
    await secrets.until('missing', (s) => s.state === 'missing');
    await writeFile(join(directory, 's.yaml'), secret('s', 'etcdv3'));
    const found = await secrets.until('found', (s) => s.state === 'found');
    assert.deepEqual(found, {
      state: 'found',
      data: { datastoreType: 'etcdv3', etcdEndpoints: 'http://10.0.0.2:2379' },
    });
    await writeFile(join(directory, 's.yaml'), secret('s', 'kubernetes'));
    await secrets.until('changed', (s) => s.state === 'found' && s.data['datastoreType'] === 'kubernetes');
    await rm(join(directory, 's.yaml'));
    await secrets.until('missing again', (s) => s.state === 'missing');
    controller.abort(new Error('test over'));
    await watching;
    assert.equal(secrets.all.length, 4, 'other changes of the directory say nothing about this Secret');
  });
});
