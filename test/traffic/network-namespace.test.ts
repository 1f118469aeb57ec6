import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { until } from '../rig/deadline.ts';
import { freePorts } from '../rig/server-process.ts';
import { describeUnless } from '../rig/suite.ts';
import { missingPowers } from './lab.ts';
import { NetworkNamespace } from './network-namespace.ts';

const file = JSON.stringify(join(import.meta.dirname, 'network-namespace.ts'));
const rig = JSON.stringify(join(import.meta.dirname, '../rig/server-process.ts'));
/** A test run of its own: a namespace with a server in it, whose ids it prints. */
const run = `
  import { NetworkNamespace } from ${file};
  import { ServerProcess } from ${rig};
  const place = new NetworkNamespace();
  await place.start();
  const server = await ServerProcess.start({
    file: 'sleep', args: ['600'], cwd: '/', place, ready: async () => true,
  });
  console.log(JSON.stringify([place.pid, server.pid]));
`;

describeUnless(missingPowers(), 'network namespace', () => {
  const namespace = new NetworkNamespace();
  before(() => namespace.start());
  after(() => namespace.dispose());

  const connect = async (ip: string, port: number, timeoutMs = 500): Promise<string> =>
    namespace.ask({ ask: 'connect', ip, port, timeoutMs });

  it('has a loopback of its own, with doors into it where asked for', async () => {
    assert.notEqual(await readlink(`/proc/${namespace.pid}/ns/net`), await readlink('/proc/self/ns/net'));
    const [port = 0] = await freePorts(1);
    await namespace.ask({ ask: 'listen', ip: '127.0.0.1', port, name: 'inside' });
    const outside = createServer((client) => client.end('outside'));
    await once(outside.listen(0, '127.0.0.1'), 'listening');
    const address = outside.address();
    assert.ok(address !== null && typeof address === 'object');
    assert.equal(await connect('127.0.0.1', address.port), 'ECONNREFUSED');
    outside.close();
    await namespace.reach(port);
    const client = spawn('bash', ['-c', `cat < /dev/tcp/127.0.0.1/${port}`]);
    let said = '';
    client.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(client, 'close');
    assert.equal(said, 'inside');
  });

  it('names what became of a connection', async () => {
    assert.equal(await connect('127.0.0.1', 1), 'ECONNREFUSED');
    assert.equal(await connect('192.0.2.1', 80), 'ENETUNREACH');
    await assert.rejects(namespace.ask({ ask: 'close', ip: '127.0.0.1', port: 1 }), /nobody listens/);
    await assert.rejects(namespace.run('ip', 'link', 'show', 'absent'), /absent/);
  });

  it('is gone, with all that ran inside, when the test run is killed', async () => {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let line = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (line += text));
    const pids = await until('its processes', () => line.endsWith('\n') && (JSON.parse(line) as number[]));
    assert.equal(pids.length, 2);
    assert.ok(pids.every((pid) => existsSync(`/proc/${pid}`)));
    child.kill('SIGKILL');
    await until('their end', () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  });
});
