import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { resolveAccess } from '../../../src/adapters/kubernetes/access/access.ts';
import type { KubeEndpoint } from '../../../src/adapters/kubernetes/access/endpoint.ts';
import { HttpTransport } from '../../../src/adapters/kubernetes/connection/http-transport.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { until, within } from '../../rig/deadline.ts';
import { ApiServer, json } from './api-server.ts';
import { Workspace, endpoint, failure, fetchText, hostWith, noAccess, options } from './fixtures.ts';

const workspace = new Workspace();
const ca = new CertificateAuthority(`${workspace.directory}/ca`);
const certificate = ca.issue();
after(() => workspace[Symbol.dispose]());

/** The system's clock, set forward at will. */
function shiftedClock(): Clock & { shift: number } {
  return {
    ...systemClock,
    shift: 0,
    now() {
      return systemClock.now() + this.shift;
    },
    monotonic() {
      return systemClock.monotonic() + this.shift;
    },
  };
}

/** A server that knows one token and counts. */
async function tokenServer(token: string): Promise<{
  server: ApiServer;
  state: { token: string; asked: number; refused: number };
}> {
  const state = { token, asked: 0, refused: 0 };
  const server = await ApiServer.start({
    protocol: 'h2',
    certificate,
    handler: (request, response) => {
      state.asked++;
      if (request.headers.authorization === `Bearer ${state.token}`) return json(response, 200, {});
      state.refused++;
      return json(response, 401, { kind: 'Status', code: 401, reason: 'Unauthorized' });
    },
  });
  return { server, state };
}

function target(server: ApiServer, credential: KubeEndpoint['credential']): KubeEndpoint {
  return endpoint(server.url, {
    tls: { serverName: '', insecureSkipVerify: false, ca: ca.cert, cert: '', key: '' },
    credential,
  });
}

describe('fixed credentials', () => {
  it('a refused static token is not tried again', async () => {
    const { server, state } = await tokenServer('right');
    const transport = new HttpTransport(
      target(server, { type: 'token', token: 'wrong' }),
      options,
      hostWith({}),
    );
    const { status, body } = await fetchText(transport, '/');
    assert.deepEqual([status, state.asked], [401, 1]);
    assert.match(body, /Unauthorized/);
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  it('user and password', async () => {
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate,
      handler: (request, response) => json(response, 200, request.headers.authorization),
    });
    const transport = new HttpTransport(
      target(server, { type: 'basic', username: 'me', password: 'ü' }),
      options,
      hostWith({}),
    );
    const { body } = await fetchText(transport, '/');
    assert.equal(JSON.parse(body), `Basic ${Buffer.from('me:ü').toString('base64')}`);
    await transport.close();
  });
});

describe('token file', () => {
  it('is read again after 60 s, and at once when the server refuses the token', async () => {
    const { server, state } = await tokenServer('one');
    const path = workspace.write('token', 'one\n');
    const clock = shiftedClock();
    const transport = new HttpTransport(
      target(server, { type: 'tokenFile', path }),
      options,
      hostWith({}, { clock }),
    );
    assert.equal((await fetchText(transport, '/')).status, 200);
    workspace.write('token', 'two');
    assert.equal((await fetchText(transport, '/')).status, 200);
    state.token = 'two';
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.equal(state.refused, 1);

    workspace.write('token', 'three');
    state.token = 'three';
    clock.shift += 61_000;
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.equal(state.refused, 1);

    // Refused, and nothing new in the file: the 401 is the answer, without a third request.
    state.token = 'four';
    const before = state.asked;
    assert.equal((await fetchText(transport, '/')).status, 401);
    assert.equal(state.asked, before + 1);

    // While the file is being replaced the last token serves on.
    state.token = 'three';
    workspace.write('token', '');
    clock.shift += 61_000;
    assert.equal((await fetchText(transport, '/')).status, 200);
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  it('that is not there: FileUnreadable, tried again', async () => {
    const { server } = await tokenServer('x');
    const path = `${workspace.directory}/no-token`;
    const transport = new HttpTransport(target(server, { type: 'tokenFile', path }), options, hostWith({}));
    const error = await failure(fetchText(transport, '/'));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'FileUnreadable']);
    workspace.write('no-token', 'x');
    assert.equal((await fetchText(transport, '/')).status, 200);
    await transport.close();
    await server[Symbol.asyncDispose]();
  });
});

describe('exec plugin', () => {
  const V1 = 'client.authentication.k8s.io/v1';

  async function execEndpoint(server: ApiServer, exec: Record<string, unknown>): Promise<KubeEndpoint> {
    const text = JSON.stringify({
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [
        {
          name: 'x',
          cluster: {
            server: server.url,
            'certificate-authority': ca.certFile,
            extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'me' } }],
          },
        },
      ],
      users: [{ name: 'x', user: { exec: { apiVersion: V1, ...exec } } }],
    });
    return resolveAccess({ ...noAccess, kubeconfig: workspace.write('exec-config', text) });
  }

  const credential = (status: object, apiVersion = V1): string =>
    JSON.stringify({ apiVersion, kind: 'ExecCredential', status });

  it('runs once for ten requests, again before it expires, and again after a 401', async () => {
    const { server, state } = await tokenServer('token-1');
    const runs = `${workspace.directory}/runs`;
    const inOneHour = new Date(Date.now() + 3_600_000).toISOString();
    mkdirSync(`${workspace.directory}/bin`);
    workspace.script(
      'bin/plugin',
      `echo run >> ${runs}
n=$(wc -l < ${runs} | tr -d ' ')
sleep 0.1
echo '{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"token-'$n'","expirationTimestamp":"${inOneHour}"}}'`,
    );
    const count = (): number => (existsSync(runs) ? readFileSync(runs, 'utf8').split('\n').length - 1 : 0);
    const clock = shiftedClock();
    const transport = new HttpTransport(
      await execEndpoint(server, { command: './bin/plugin' }),
      options,
      hostWith({}, { clock }),
    );
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetchText(transport, '/')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.equal(count(), 1);

    state.token = 'token-2';
    const refused = await Promise.all(Array.from({ length: 5 }, () => fetchText(transport, '/')));
    assert.deepEqual(new Set(refused.map(({ status }) => status)), new Set([200]));
    assert.equal(count(), 2);

    // 50 s before the end.
    clock.shift += 3_600_000 - 50_000;
    state.token = 'token-3';
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.equal(count(), 3);
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  it('gets arguments, environment and KUBERNETES_EXEC_INFO with the cluster', async () => {
    const { server } = await tokenServer('t');
    const seen = `${workspace.directory}/seen`;
    const command = workspace.script(
      'informed',
      `printf '%s\\n' "$1" "$EXTRA" "$INHERITED" "$KUBERNETES_EXEC_INFO" > ${seen}
echo '${credential({ token: 't' })}'`,
    );
    const exec = { command, args: ['--x'], env: [{ name: 'EXTRA', value: 'e' }], provideClusterInfo: true };
    const environment = { PATH: process.env['PATH'], INHERITED: 'i' };
    const transport = new HttpTransport(
      await execEndpoint(server, exec),
      options,
      hostWith({}, { environment }),
    );
    assert.equal((await fetchText(transport, '/')).status, 200);
    const [argument, extra, inherited, info = ''] = readFileSync(seen, 'utf8').split('\n');
    assert.deepEqual([argument, extra, inherited], ['--x', 'e', 'i']);
    assert.deepEqual(JSON.parse(info), {
      apiVersion: V1,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: {
          server: server.url,
          'certificate-authority-data': Buffer.from(ca.cert).toString('base64'),
          config: { audience: 'me' },
        },
      },
    });
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  it('client certificates: another one means another connection', async () => {
    const names: string[] = [];
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate,
      clientCa: ca.cert,
      handler: (request, response) => {
        const name = String((request.socket as TLSSocket).getPeerCertificate().subject.CN);
        names.push(name);
        json(response, name === 'first' && names.length > 1 ? 401 : 200, {});
      },
    });
    const output = (name: string): string => {
      const { cert, key } = ca.issue({ commonName: name });
      return workspace.write(
        `credential-${name}`,
        credential({ clientCertificateData: cert, clientKeyData: key }),
      );
    };
    const [first, second] = [output('first'), output('second')];
    const mark = `${workspace.directory}/mark`;
    const command = workspace.script(
      'certificates',
      `if [ -e ${mark} ]; then cat ${second}; else touch ${mark}; cat ${first}; fi`,
    );
    const transport = new HttpTransport(await execEndpoint(server, { command }), options, hostWith({}));
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.deepEqual(names, ['first', 'first', 'second']);
    assert.equal(server.connections, 2);
    await until('the old connection is gone', () => server.sockets.size === 1);
    await transport.close();
  });

  it('a plugin that hangs is killed with its children', async () => {
    const { server } = await tokenServer('t');
    const pid = `${workspace.directory}/pid`;
    const command = workspace.script('hangs', `sleep 600 & echo $! > ${pid}; wait`);
    const transport = new HttpTransport(
      await execEndpoint(server, { command, installHint: 'get it\nfrom there' }),
      options,
      hostWith({ execTimeoutMs: 300 }),
    );
    const error = await within('it fails', failure(fetchText(transport, '/')));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'ExecFailed']);
    assert.match(error.message, /hangs gave no answer within 0.3 s and was killed \(get it from there\)/);
    const child = Number(readFileSync(pid, 'utf8'));
    await until('the child is dead', () => {
      try {
        return readFileSync(`/proc/${child}/stat`, 'utf8').includes(') Z ');
      } catch {
        return true;
      }
    });
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  const SECRET = 'pl4nted-s3cret';
  const failures: readonly [name: string, body: string, message: RegExp][] = [
    ['exits with a code', `echo ${SECRET}; echo ${SECRET} >&2; exit 3`, /ended with exit code 3/],
    ['prints no JSON', `echo ${SECRET}`, /something that is not JSON/],
    ['prints another kind', `echo '{"kind":"${SECRET}"}'`, /no ExecCredential/],
    [
      'prints another version',
      `echo '${credential({ token: SECRET }, 'client.authentication.k8s.io/v1beta1')}'`,
      /another apiVersion than/,
    ],
    ['gives nothing', `echo '${credential({})}'`, /neither token nor client certificate/],
    [
      'gives half a pair',
      `echo '${credential({ clientCertificateData: SECRET })}'`,
      /certificate and key that do not work/,
    ],
    [
      'gives a bad time',
      `echo '${credential({ token: SECRET, expirationTimestamp: 'soon' })}'`,
      /no RFC 3339 time/,
    ],
    ['prints without end', `yes ${SECRET}`, /printed more than/],
    ['dies of a signal', 'kill -9 $$', /was ended by SIGKILL/],
  ];
  for (const [name, body, message] of failures) {
    it(`one that ${name}: ExecFailed, without a word of its output`, async () => {
      const { server, state } = await tokenServer('t');
      const command = workspace.script('fails', body);
      const transport = new HttpTransport(await execEndpoint(server, { command }), options, hostWith({}));
      const error = await within('it fails', failure(fetchText(transport, '/')));
      assert.equal(error.reason, 'ExecFailed');
      assert.match(error.message, message);
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
        assert.ok(!`${cause.message}${cause.stack ?? ''}`.includes(SECRET));
      }
      assert.equal(state.asked, 0);
      await transport.close();
      await server[Symbol.asyncDispose]();
    });
  }

  it('one that is not installed: the message has the hint', async () => {
    const { server } = await tokenServer('t');
    const exec = { command: 'no-such-plugin', installHint: 'apt install it' };
    const transport = new HttpTransport(await execEndpoint(server, exec), options, hostWith({}));
    const error = await failure(fetchText(transport, '/'));
    assert.match(error.message, /exec plugin no-such-plugin was not found \(apt install it\)/);
    await transport.close();
    await server[Symbol.asyncDispose]();
  });

  it('close stops a plugin that runs', async () => {
    const { server } = await tokenServer('t');
    const started = `${workspace.directory}/started`;
    const command = workspace.script('slow', `touch ${started}; sleep 600`);
    const transport = new HttpTransport(await execEndpoint(server, { command }), options, hostWith({}));
    const asked = failure(fetchText(transport, '/'));
    await until('it runs', () => existsSync(started));
    await transport.close();
    assert.match((await within('it ends', asked)).message, /was stopped/);
    await server[Symbol.asyncDispose]();
  });
});
