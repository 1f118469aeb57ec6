import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PLANTED = 'hunter2-s3cr3t';
const PEM = `-----BEGIN PRIVATE KEY-----\n${PLANTED}\n-----END PRIVATE KEY-----\n`;

const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'a', user: { token: PLANTED } }],
  contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
  'current-context': 'a',
});

/** Good, bad and contradictory, each with a secret where one can stand, and where none belongs. */
const SPECS: Readonly<Record<string, unknown>> = {
  token: { datastoreType: 'kubernetes', k8sAPIEndpoint: 'https://127.0.0.1:1', k8sAPIToken: PLANTED },
  password: { etcdEndpoints: 'http://127.0.0.1:1', etcdUsername: 'u', etcdPassword: PLANTED },
  pem: { etcdEndpoints: 'https://127.0.0.1:1', etcdKey: PEM, etcdCert: PEM, etcdCACert: PEM },
  inline: { datastoreType: 'kubernetes', kubeconfigInline: KUBECONFIG },
  garbage: { datastoreType: 'kubernetes', kubeconfigInline: `token: [${PLANTED}` },
  wrong: { datastoreType: PLANTED, k8sApiToken: PLANTED, etcdPassword: { a: PLANTED } },
  url: { etcdEndpoints: `https://u:${PLANTED}@127.0.0.1:1` },
  secret: { clusterAccessSecret: { namespace: 'fed', name: 'bad' } },
};

const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'fed', name: 'bad' },
  stringData: { datastoreType: PLANTED, kubeconfig: PLANTED, etcdEndpoints: PLANTED },
};

describe('fedsyncd run as a process', { timeout: 30_000 }, () => {
  let directory = '';
  let child: ChildProcess;
  let output = '';
  let errors = '';
  let base = '';

  /** Waits for a line of the log. */
  async function logged(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(output);
      if (match !== null) return match;
      assert.equal(child.exitCode, null, `ended early: ${errors}`);
      assert.ok(child.stdout);
      await once(child.stdout, 'data', { signal: AbortSignal.timeout(15_000) });
    }
  }

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fedsyncd-run-'));
    for (const [name, spec] of Object.entries(SPECS)) {
      const document = {
        apiVersion: 'projectcalico.org/v3',
        kind: 'RemoteClusterConfiguration',
        metadata: { name },
        spec,
      };
      await writeFile(join(directory, `${name}.json`), JSON.stringify(document));
    }
    await writeFile(join(directory, 'a-secret.json'), JSON.stringify(SECRET));
    await writeFile(join(directory, 'broken.yaml'), `token: "${PLANTED}\n`);
    const argv = [main, 'run', '--rcc-directory', directory, '--ops-address', '127.0.0.1:0'];
    child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const [, address] = await logged(/"opsAddress":"([^"]+)"/);
    base = `http://${address}`;
    await logged(/"event":"daemon\.ready"/);
  });
  after(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  it('never shows a credential, at any level, on any page', async () => {
    child.kill('SIGUSR2');
    for (const path of ['/', '/status', '/metrics', '/readiness', '/liveness', '/explain?ip=10.0.0.1']) {
      const response = await fetch(base + path);
      assert.equal(response.status, 200, path);
      const body = await response.text();
      assert.ok(!body.includes(PLANTED), `${path}\n${body}`);
      if (path === '/status') {
        for (const name of Object.keys(SPECS)) assert.ok(body.includes(`"name": "${name}"`), name);
      }
    }
    assert.ok(!output.includes(PLANTED) && !errors.includes(PLANTED), output);
  });

  it('ends with 0 on SIGTERM, with a last line', async () => {
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(10_000) })) as [number];
    assert.equal(code, 0, errors);
    assert.match(output.trimEnd().split('\n').at(-1) ?? '', /"event":"daemon\.stopped"/);
    for (const line of output.trimEnd().split('\n')) JSON.parse(line);
    assert.equal(errors, '');
    assert.ok(!output.includes(PLANTED));
  });
});
