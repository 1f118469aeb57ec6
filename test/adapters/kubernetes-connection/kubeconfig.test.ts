import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { resolveAccess } from '../../../src/adapters/kubernetes/access/access.ts';
import { fingerprintOf } from '../../../src/adapters/kubernetes/access/fingerprint.ts';
import { inClusterEndpoint } from '../../../src/adapters/kubernetes/access/in-cluster.ts';
import { prepareKubernetes } from '../../../src/adapters/kubernetes/connection/connect.ts';
import type { KubernetesAccess } from '../../../src/model/rcc.ts';
import { DatastoreError } from '../../../src/contract/datastore-error.ts';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { Workspace, failure, hostWith, noAccess, options } from './fixtures.ts';

const workspace = new Workspace();
const { directory } = workspace;
const ca = new CertificateAuthority(`${directory}/ca`);
const client = ca.issue({ commonName: 'client' });
const other = ca.issue({ commonName: 'other' });
after(() => workspace[Symbol.dispose]());

const base64 = (text: string): string => Buffer.from(text).toString('base64');
type Entry = Record<string, unknown>;

/** Kubeconfig text (JSON is YAML) with one cluster, user and context. */
function kubeconfig(cluster: Entry, user: Entry, more: Entry = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'ctx',
    contexts: [{ name: 'ctx', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    ...more,
  });
}

const inline = (text: string, more: Partial<KubernetesAccess> = {}): KubernetesAccess => ({
  ...noAccess,
  kubeconfigInline: text,
  ...more,
});

describe('kubeconfig', () => {
  it('data fields, token, server name, proxy, impersonation', async () => {
    const endpoint = await resolveAccess(
      inline(
        kubeconfig(
          {
            server: 'https://rancher.example/k8s/clusters/c-x/',
            'certificate-authority-data': base64(ca.cert),
            'tls-server-name': 'api.example',
            'proxy-url': 'http://me:pw@proxy.example:3128',
          },
          {
            token: ' abc\n',
            'client-certificate-data': base64(client.cert),
            'client-key-data': base64(client.key),
            as: 'jane',
            'as-uid': '7',
            'as-groups': ['g1', 'g2'],
            'as-user-extra': { 'Scopes.example/x': ['s'] },
          },
        ),
      ),
    );
    assert.deepEqual(endpoint, {
      server: {
        text: 'https://rancher.example/k8s/clusters/c-x',
        secure: true,
        host: 'rancher.example',
        port: 443,
        basePath: '/k8s/clusters/c-x',
      },
      tls: {
        serverName: 'api.example',
        insecureSkipVerify: false,
        ca: ca.cert,
        cert: client.cert,
        key: client.key,
      },
      proxy: {
        text: 'http://proxy.example:3128',
        protocol: 'http',
        host: 'proxy.example',
        port: 3128,
        username: 'me',
        password: 'pw',
      },
      credential: { type: 'token', token: 'abc' },
      impersonation: {
        'impersonate-user': 'jane',
        'impersonate-uid': '7',
        'impersonate-group': ['g1', 'g2'],
        'impersonate-extra-scopes.example%2Fx': ['s'],
      },
      files: [],
    });
  });

  it('relative paths start at the file that names them', async () => {
    mkdirSync(`${directory}/sub/pki`, { recursive: true });
    workspace.write('sub/pki/ca.crt', ca.cert);
    workspace.write('sub/pki/cert', client.cert);
    workspace.write('sub/pki/key', client.key);
    workspace.write('sub/token', 'abc');
    const file = workspace.write(
      'sub/config',
      kubeconfig(
        { 'certificate-authority': 'pki/ca.crt' },
        { 'client-certificate': 'pki/cert', 'client-key': 'pki/key', tokenFile: 'token' },
      ),
    );
    const endpoint = await resolveAccess({ ...noAccess, kubeconfig: file });
    assert.equal(endpoint.tls.ca, ca.cert);
    assert.equal(endpoint.tls.cert, client.cert);
    assert.deepEqual(endpoint.credential, { type: 'tokenFile', path: `${directory}/sub/token` });
    assert.deepEqual(
      [...endpoint.files].sort(),
      ['config', 'pki/ca.crt', 'pki/cert', 'pki/key'].map((name) => `${directory}/sub/${name}`),
    );
  });

  it('a path list is merged: the first wins by name, duplicates and missing ones are dropped', async () => {
    const first = workspace.write(
      'first',
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: 'https://first:1' } }],
        users: null,
      }),
    );
    const second = workspace.write('second', kubeconfig({ server: 'https://second:2' }, { token: 't2' }));
    const list = `${first}:${directory}/missing::${second}:${first}`;
    const endpoint = await resolveAccess({ ...noAccess, kubeconfig: list });
    assert.equal(endpoint.server.text, 'https://first:1');
    assert.deepEqual(endpoint.credential, { type: 'token', token: 't2' });
    // A file that is missing now may come.
    assert.deepEqual(endpoint.files, [first, `${directory}/missing`, second]);
  });

  it('k8s* fields replace single values of a file', async () => {
    const file = workspace.write(
      'overridden',
      kubeconfig(
        { 'certificate-authority-data': base64(other.cert) },
        {
          username: 'u',
          password: 'p',
          'client-certificate-data': base64(other.cert),
          'client-key-data': base64(other.key),
        },
      ),
    );
    const endpoint = await resolveAccess({
      ...noAccess,
      kubeconfig: file,
      apiEndpoint: 'https://[2001:db8::1]:6443',
      caFile: ca.certFile,
      certFile: client.certFile,
      keyFile: client.keyFile,
      apiToken: 'abc',
    });
    assert.equal(endpoint.server.host, '2001:db8::1');
    assert.equal(endpoint.tls.ca, ca.cert);
    assert.equal(endpoint.tls.cert, client.cert);
    assert.equal(endpoint.tls.key, client.key);
    assert.deepEqual(endpoint.credential, { type: 'token', token: 'abc' });
    const skipping = await resolveAccess({ ...noAccess, kubeconfig: file, insecureSkipTLSVerify: true });
    assert.deepEqual([skipping.tls.ca, skipping.tls.insecureSkipVerify], ['', true]);
    assert.equal(skipping.server.host, '10.0.0.1');
  });

  it('k8s* fields stand alone; inline text is not touched by them', async () => {
    const alone = await resolveAccess({ ...noAccess, apiEndpoint: 'https://api:6443', apiToken: 'abc' });
    assert.deepEqual(
      [alone.server.text, alone.credential],
      ['https://api:6443', { type: 'token', token: 'abc' }],
    );
    const untouched = await resolveAccess(
      inline(kubeconfig({}, { token: 'own' }), { apiToken: 'abc', apiEndpoint: 'https://other:1' }),
    );
    assert.deepEqual(
      [untouched.server.host, untouched.credential],
      ['10.0.0.1', { type: 'token', token: 'own' }],
    );
  });

  it('the token file ranks before the token, the token before exec', async () => {
    const token = workspace.write('tok', 'x');
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'plugin' };
    const type = async (user: Entry): Promise<string> =>
      (await resolveAccess(inline(kubeconfig({}, user), { trustInline: true }))).credential.type;
    assert.equal(await type({ token: 'a', tokenFile: token, exec }), 'tokenFile');
    assert.equal(await type({ token: 'a', exec }), 'token');
    assert.equal(await type({ exec }), 'exec');
    assert.equal(await type({}), 'none');
  });
});

describe('wrong configurations name place and field', () => {
  const SECRET = 'pl4nted-s3cret';
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/true' };
  const table: readonly [name: string, access: KubernetesAccess, message: RegExp][] = [
    ['nothing given', noAccess, /kubeconfig, kubeconfigInline or k8sAPIEndpoint is required/],
    ['only a token', { ...noAccess, apiToken: SECRET }, /k8sAPIEndpoint is required/],
    ['only colons', { ...noAccess, kubeconfig: ':' }, /kubeconfig names no file/],
    ['a missing file', { ...noAccess, kubeconfig: '/no/such' }, /^kubeconfig: \/no\/such .*ENOENT/],
    ['a directory', { ...noAccess, kubeconfig: directory }, /is not a regular file/],
    ['not YAML', inline(`users: [{token: ${SECRET}`), /line 1, column \d+ is not valid YAML/],
    ['bad alias', inline(`token: ${SECRET}\nx: *${SECRET}`), /not valid YAML/],
    ['a list', inline('[]'), /the text must be a mapping/],
    ['a string', inline(SECRET), /the text must be a mapping/],
    ['another kind', inline('kind: Pod'), /kind must be Config/],
    ['clusters no list', inline(kubeconfig({}, {}, { clusters: SECRET })), /clusters must be a list/],
    [
      'no current-context',
      inline(kubeconfig({}, {}, { 'current-context': null })),
      /kubeconfigInline: current-context is missing/,
    ],
    [
      'unknown context',
      inline(kubeconfig({}, {}, { 'current-context': 'nope' })),
      /current-context names nope, which is not in contexts/,
    ],
    ['unknown cluster', inline(kubeconfig({}, {}, { clusters: [] })), /contexts\[ctx\].*cluster names c,/],
    ['unknown user', inline(kubeconfig({}, {}, { users: [] })), /contexts\[ctx\].*user names u,/],
    ['no server', inline(kubeconfig({ server: '' }, {})), /clusters\[c\].cluster.server is missing/],
    [
      'password in the server',
      inline(kubeconfig({ server: `https://u:${SECRET}@h` }, {})),
      /server must not hold a user or password/,
    ],
    ['server with a query', inline(kubeconfig({ server: 'https://h/?a' }, {})), /query/],
    ['server of another scheme', inline(kubeconfig({ server: 'ftp://h' }, {})), /must start with https/],
    [
      'bad proxy',
      inline(kubeconfig({ 'proxy-url': `ftp://u:${SECRET}@p` }, {})),
      /proxy-url must start with http/,
    ],
    [
      'CA no base64',
      inline(kubeconfig({ 'certificate-authority-data': '%' }, {})),
      /certificate-authority-data is not valid base64/,
    ],
    [
      'CA no PEM',
      inline(kubeconfig({ 'certificate-authority-data': base64(SECRET) }, {})),
      /certificate-authority-data holds no PEM certificate/,
    ],
    [
      'CA and insecure',
      inline(
        kubeconfig({ 'certificate-authority-data': base64(ca.cert), 'insecure-skip-tls-verify': true }, {}),
      ),
      /contradicts insecure-skip-tls-verify/,
    ],
    [
      'insecure no boolean',
      inline(kubeconfig({ 'insecure-skip-tls-verify': 'yes' }, {})),
      /insecure-skip-tls-verify must be true or false/,
    ],
    [
      'certificate without key',
      inline(kubeconfig({}, { 'client-certificate-data': base64(client.cert) })),
      /users\[u\].user.client-key is missing/,
    ],
    [
      'key of another certificate',
      inline(
        kubeconfig(
          {},
          { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(other.key) },
        ),
      ),
      /client-key-data does not belong to the client certificate/,
    ],
    [
      'key no PEM',
      inline(
        kubeconfig({}, { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(SECRET) }),
      ),
      /client-key-data holds no PEM private key/,
    ],
    ['token no string', inline(kubeconfig({}, { token: 7 })), /users\[u\].user.token must be a string/],
    ['token with a line break', inline(kubeconfig({}, { token: `${SECRET}\nx` })), /token holds characters/],
    [
      'token and password',
      inline(kubeconfig({}, { token: SECRET, username: 'u', password: SECRET })),
      /exclude each other/,
    ],
    [
      'groups without a user',
      inline(kubeconfig({}, { 'as-groups': ['g'] })),
      /users\[u\].user.as is missing next to/,
    ],
    [
      'auth-provider',
      inline(kubeconfig({}, { 'auth-provider': { name: 'gcp', config: { token: SECRET } } })),
      /auth-provider is not supported/,
    ],
    ['inline exec', inline(kubeconfig({}, { exec })), /exec.command is refused .* --allow-exec-in-secrets/],
    ['inline tokenFile', inline(kubeconfig({}, { tokenFile: '/x' })), /tokenFile names a file, .* refused/],
    [
      'inline CA file',
      inline(kubeconfig({ 'certificate-authority': '/x' }, {})),
      /clusters\[c\].cluster.certificate-authority names a file/,
    ],
    [
      'inline key file',
      inline(kubeconfig({}, { 'client-certificate': '/x', 'client-key': '/y' })),
      /client-certificate names a file/,
    ],
    [
      'trusted inline, relative path',
      inline(kubeconfig({}, { tokenFile: 'x' }), { trustInline: true }),
      /tokenFile must be an absolute path/,
    ],
    [
      'exec of an old version',
      inline(kubeconfig({}, { exec: { ...exec, apiVersion: 'client.authentication.k8s.io/v1alpha1' } }), {
        trustInline: true,
      }),
      /exec.apiVersion must be/,
    ],
    [
      'exec that wants a terminal',
      inline(kubeconfig({}, { exec: { ...exec, interactiveMode: 'Always' } }), { trustInline: true }),
      /interactiveMode Always cannot work/,
    ],
    ['k8sAPIEndpoint', { ...noAccess, apiEndpoint: 'https://' }, /RCC: k8sAPIEndpoint is not a valid/],
    [
      'k8sCAFile and insecure',
      { ...noAccess, apiEndpoint: 'h:1', caFile: ca.certFile, insecureSkipTLSVerify: true },
      /k8sCAFile contradicts/,
    ],
    ['k8sCAFile missing', { ...noAccess, apiEndpoint: 'h:1', caFile: '/no/ca' }, /^k8sCAFile: \/no\/ca/],
    [
      'k8sCAFile no PEM',
      { ...noAccess, apiEndpoint: 'h:1', caFile: client.keyFile },
      /^k8sCAFile: .* holds no PEM/,
    ],
    [
      'k8sCertFile alone',
      { ...noAccess, apiEndpoint: 'h:1', certFile: client.certFile },
      /client-key is missing|k8sKeyFile/,
    ],
  ];
  for (const [name, access, message] of table) {
    it(name, async () => {
      const error = await failure(resolveAccess(access));
      assert.equal(error.reaction, 'config');
      assert.match(error.message, message);
      let cause: unknown = error;
      for (; cause instanceof Error; cause = cause.cause) {
        assert.ok(!`${cause.message}${cause.stack ?? ''}`.includes(SECRET), cause.message);
      }
    });
  }

  it('any text ends in a DatastoreError or an endpoint', async () => {
    const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 1_000_000);
    const leaf = fc.oneof(fc.string(), fc.boolean(), fc.constant(null), fc.integer(), fc.constant([]));
    const user = fc.dictionary(
      fc.constantFrom('token', 'exec', 'as', 'as-groups', 'username', 'client-key-data', 'auth-provider'),
      leaf,
    );
    const cluster = fc.dictionary(
      fc.constantFrom('server', 'proxy-url', 'certificate-authority-data', 'extensions'),
      leaf,
    );
    const texts = fc.oneof(
      fc.string(),
      fc
        .tuple(cluster, user, fc.dictionary(fc.constantFrom('users', 'contexts', 'kind'), leaf))
        .map(([c, u, more]) => kubeconfig(c, u, more)),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        if (text === '') return;
        try {
          await resolveAccess(inline(text));
        } catch (error) {
          assert.ok(error instanceof DatastoreError && error.reaction === 'config', String(error));
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe('fingerprint', () => {
  it('follows every content, not the way it is written, and no token file', async () => {
    const print = async (cluster: Entry, user: Entry): Promise<string> => {
      const file = workspace.write('printed', kubeconfig(cluster, user));
      return fingerprintOf(await resolveAccess({ ...noAccess, kubeconfig: file }));
    };
    const tokenFile = workspace.write('rotating', 'one');
    const before = await print({}, { tokenFile });
    workspace.write('rotating', 'two');
    assert.equal(await print({}, { tokenFile }), before);

    const caFile = workspace.write('ca-copy', ca.cert);
    const asData = await print({ 'certificate-authority-data': base64(ca.cert) }, { token: 'a' });
    assert.equal(await print({ 'certificate-authority': caFile }, { token: 'a' }), asData);
    workspace.write('ca-copy', other.cert);
    assert.notEqual(await print({ 'certificate-authority': caFile }, { token: 'a' }), asData);
    assert.notEqual(await print({ 'certificate-authority-data': base64(ca.cert) }, { token: 'b' }), asData);
    assert.match(asData, /^[0-9a-f]{64}$/);
  });

  it('prepare gives it with the files and opens no connection', async () => {
    const file = workspace.write(
      'prepared',
      kubeconfig({ 'certificate-authority': caPath() }, { token: 'a' }),
    );
    const prepared = await prepareKubernetes({ ...noAccess, kubeconfig: file }, options);
    assert.deepEqual(prepared.files, [file, caPath()]);
    const transport = prepared.openTransport();
    assert.equal(transport.server, 'https://10.0.0.1:6443');
    await transport.close();

    function caPath(): string {
      return ca.certFile;
    }
  });
});

describe('in-cluster access', () => {
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

  it('reads the mount', async () => {
    workspace.write('ca.crt', ca.cert);
    const token = workspace.write('token', 'abc');
    const endpoint = await inClusterEndpoint(hostWith({}, { environment }), directory);
    assert.equal(endpoint.server.text, 'https://[fd00::1]');
    assert.deepEqual([endpoint.server.host, endpoint.server.port], ['fd00::1', 443]);
    assert.deepEqual(endpoint.credential, { type: 'tokenFile', path: token });
    assert.deepEqual(endpoint.files, [`${directory}/ca.crt`]);
  });

  it('outside a pod it says what to give', async () => {
    const error = await failure(inClusterEndpoint(hostWith({}), directory));
    assert.match(error.message, /not in a pod .*--kubeconfig/);
    const missing = await failure(inClusterEndpoint(hostWith({}, { environment }), '/no/mount'));
    assert.equal(missing.reason, 'FileUnreadable');
  });
});
