import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRcc } from '../../src/model/rcc-parse.ts';
import type { RccParse } from '../../src/model/rcc-parse.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const ETCD = { datastoreType: 'etcdv3', etcdEndpoints: 'https://10.0.0.1:2379' };
const KUBE = { datastoreType: 'kubernetes', kubeconfig: '/etc/kube/east' };
const SECRET = { clusterAccessSecret: { kind: 'Secret', namespace: 'fed', name: 'east' } };

function parse(spec: unknown, name = 'east'): RccParse {
  return parseRcc({ name, spec, origin: 'test' }, { trustInline: false });
}

function problemsOf(spec: unknown, name?: string): readonly string[] {
  const result = parse(spec, name);
  assert.equal(result.ok, false, `expected problems, got ${JSON.stringify(result)}`);
  return result.ok ? [] : result.problems.map(({ field, problem }) => `${field} ${problem}`);
}

describe('parseRcc accepts', () => {
  const accepted: Record<string, unknown> = {
    'etcdv3 with endpoints': ETCD,
    'a blank datastoreType with endpoints': { etcdEndpoints: 'http://a:1' },
    'an empty datastoreType with endpoints': { datastoreType: '', etcdEndpoints: 'http://a:1' },
    'null as not given': { ...ETCD, kubeconfig: null, clusterAccessSecret: null, syncOptions: null },
    'etcd with TLS files': { ...ETCD, etcdKeyFile: '/k', etcdCertFile: '/c', etcdCACertFile: '/ca' },
    'etcd with inline PEM': { ...ETCD, etcdKey: PEM, etcdCert: PEM, etcdCACert: PEM },
    'etcd with a user name alone: not sent, not an error': { ...ETCD, etcdUsername: 'u' },
    'etcd beside a kubeconfig, for services': { ...ETCD, kubeconfig: '/etc/kube/east' },
    'etcd beside k8s fields, for services': {
      ...ETCD,
      k8sAPIEndpoint: 'https://10.0.0.1:6443',
      k8sAPIToken: 't',
    },
    'kubernetes with a path list': { ...KUBE, kubeconfig: '/a:/b' },
    'kubernetes with inline and file: inline wins': { ...KUBE, kubeconfigInline: 'apiVersion: v1' },
    'kubernetes with an endpoint alone': { datastoreType: 'kubernetes', k8sAPIEndpoint: 'https://h/k8s/c-1' },
    'overrides over a kubeconfig, half a pair too': { ...KUBE, k8sCertFile: '/c', k8sAPIToken: 't' },
    'a false k8sInsecureSkipTLSVerify on etcd alone': { ...ETCD, k8sInsecureSkipTLSVerify: false },
    'overlayRoutingMode Enabled': { ...KUBE, syncOptions: { overlayRoutingMode: 'Enabled' } },
    'a Secret with syncOptions and datastoreType': { ...SECRET, datastoreType: 'etcdv3', syncOptions: {} },
    'a Secret without kind': { clusterAccessSecret: { namespace: 'fed', name: 'a.b' } },
  };
  for (const [title, spec] of Object.entries(accepted)) {
    it(title, () => assert.equal(parse(spec).ok, true, JSON.stringify(parse(spec))));
  }
});

describe('parseRcc refuses, naming the field', () => {
  const refused: readonly (readonly [title: string, spec: unknown, expected: readonly RegExp[]])[] = [
    ['no spec', undefined, [/^spec is missing/]],
    ['a list as spec', [], [/^spec must be an object, not a list/]],
    ['nothing at all', {}, [/^spec\.etcdEndpoints is required/]],
    [
      'an unknown type',
      { datastoreType: 'kuberntes' },
      [/^spec\.datastoreType must be .*did you mean "kubernetes"/],
    ],
    ['our own type', { datastoreType: 'file' }, [/^spec\.datastoreType must be/]],
    ['a type in another case', { datastoreType: 'Kubernetes' }, [/^spec\.datastoreType must be/]],
    ['a number as type', { datastoreType: 3 }, [/^spec\.datastoreType must be a string, not a number/]],
    ['etcd without endpoints', { datastoreType: 'etcdv3' }, [/^spec\.etcdEndpoints is required/]],
    ['blank endpoints', { etcdEndpoints: ' ' }, [/^spec\.etcdEndpoints is required/]],
    [
      'etcd fields with kubernetes',
      { ...KUBE, etcdEndpoints: 'https://a:1', etcdPassword: 'x' },
      [/^spec\.etcdEndpoints is only valid/, /^spec\.etcdPassword is only valid/],
    ],
    [
      'kubernetes without a server',
      { datastoreType: 'kubernetes' },
      [/^spec\.kubeconfigInline one of kubeconfig, /],
    ],
    [
      'kubernetes with a token alone',
      { datastoreType: 'kubernetes', k8sAPIToken: 't' },
      [/one of kubeconfig, /],
    ],
    [
      'etcd with a Kubernetes token alone',
      { ...ETCD, k8sAPIToken: 't' },
      [/^spec\.k8sAPIToken needs one of/],
    ],
    [
      'PEM and a file',
      { ...ETCD, etcdCACert: PEM, etcdKeyFile: '/k', etcdCertFile: '/c' },
      [/^spec\.etcdCACert is inline PEM .* etcdKeyFile/],
    ],
    ['a path where PEM belongs', { ...ETCD, etcdCACert: '/ca.pem' }, [/^spec\.etcdCACert is not PEM text/]],
    ['a key file alone', { ...ETCD, etcdKeyFile: '/k' }, [/^spec\.etcdKeyFile needs etcdCertFile/]],
    ['a certificate alone', { ...ETCD, etcdCert: PEM }, [/^spec\.etcdCert needs etcdKey/]],
    [
      'half a pair without a kubeconfig',
      { datastoreType: 'kubernetes', k8sAPIEndpoint: 'https://h', k8sKeyFile: '/k' },
      [/^spec\.k8sKeyFile needs k8sCertFile/],
    ],
    [
      'a CA where nothing is verified',
      { ...KUBE, k8sInsecureSkipTLSVerify: true, k8sCAFile: '/ca' },
      [/^spec\.k8sInsecureSkipTLSVerify contradicts/],
    ],
    [
      'a text as boolean',
      { ...KUBE, k8sInsecureSkipTLSVerify: 'true' },
      [/^spec\.k8sInsecureSkipTLSVerify must be a boolean, not a string/],
    ],
    [
      'a list as endpoints',
      { etcdEndpoints: ['https://a:1'] },
      [/^spec\.etcdEndpoints must be a string, not a list/, /./],
    ],
    [
      'a typing error',
      { ...KUBE, kubeConfig: '/b' },
      [/^spec\.kubeConfig is not a known field; did you mean "kubeconfig"\?/],
    ],
    ['a strange field', { ...KUBE, color: 'red' }, [/^spec\.color is not a known field$/]],
    [
      'a bad overlay mode',
      { ...KUBE, syncOptions: { overlayRoutingMode: 'On' } },
      [/^spec\.syncOptions\.overlayRoutingMode must be/],
    ],
    ['a text as syncOptions', { ...KUBE, syncOptions: 'Enabled' }, [/^spec\.syncOptions must be an object/]],
    [
      'a typing error in syncOptions',
      { ...KUBE, syncOptions: { overlayRouting: 'Enabled' } },
      [/^spec\.syncOptions\.overlayRouting is not a known field; did you mean/],
    ],
    [
      'fields beside a Secret',
      { ...SECRET, kubeconfig: '/a', k8sAPIToken: 't' },
      [/^spec\.kubeconfig cannot be combined/, /^spec\.k8sAPIToken cannot be combined/],
    ],
    [
      'an unknown type beside a Secret',
      { ...SECRET, datastoreType: 'etcd' },
      [/^spec\.datastoreType must be .*did you mean "etcdv3"/],
    ],
    [
      'a Secret without a place',
      { clusterAccessSecret: {} },
      [/Secret\.namespace is required/, /Secret\.name is required/],
    ],
    ['a Secret without namespace', { clusterAccessSecret: { name: 'a' } }, [/Secret\.namespace is required/]],
    [
      'a Secret with a dotted namespace',
      { clusterAccessSecret: { name: 'a', namespace: 'a.b' } },
      [/Secret\.namespace must be a DNS-1123 label/],
    ],
    [
      'a Secret with a path as name',
      { clusterAccessSecret: { name: 'a/b', namespace: 'a' } },
      [/Secret\.name must be a DNS-1123/],
    ],
    [
      'a number as Secret name',
      { clusterAccessSecret: { name: 5, namespace: 'a' } },
      [/Secret\.name must be a string, not a number/],
    ],
    [
      'another kind',
      { clusterAccessSecret: { kind: 'ConfigMap', name: 'a', namespace: 'b' } },
      [/Secret\.kind must be/],
    ],
    ['a text as Secret', { clusterAccessSecret: 'fed/east' }, [/Secret must be an object, not a string/]],
  ];
  for (const [title, spec, expected] of refused) {
    it(title, () => {
      const problems = problemsOf(spec);
      assert.equal(problems.length, expected.length, problems.join('\n'));
      for (const [i, pattern] of expected.entries()) assert.match(problems[i] ?? '', pattern);
    });
  }

  for (const name of ['', 'East', 'a/b', 'a..b', '-a', 'a-', 'a_b', `a${'.bc'.repeat(90)}`]) {
    it(`the name ${JSON.stringify(name.slice(0, 12))}`, () => {
      assert.match(problemsOf(KUBE, name).join(), /^metadata\.name /);
    });
  }
  for (const name of ['east', 'eu-1.prod', '1', 'a'.repeat(253)]) {
    it(`but not the name ${name.slice(0, 12)}`, () => assert.equal(parse(KUBE, name).ok, true));
  }
});

describe('parseRcc gives', () => {
  it('the access field by field', () => {
    const result = parseRcc(
      {
        name: 'east',
        origin: 'test',
        spec: {
          ...ETCD,
          etcdEndpoints: ' HTTPS://Etcd-0:2379/ , http://[FD00::1]:2379,https://etcd-0:2379',
          etcdUsername: 'u',
          etcdPassword: 'p',
          k8sAPIEndpoint: 'https://10.0.0.1:6443',
          k8sInsecureSkipTLSVerify: true,
          syncOptions: { overlayRoutingMode: 'Enabled' },
        },
      },
      { trustInline: true },
    );
    assert.ok(result.ok && result.needs === 'nothing');
    assert.deepEqual(result.access, {
      datastoreType: 'etcdv3',
      etcd: {
        endpoints: ['https://etcd-0:2379', 'http://[fd00::1]:2379'],
        username: 'u',
        password: 'p',
        keyFile: '',
        certFile: '',
        caCertFile: '',
        key: '',
        cert: '',
        caCert: '',
      },
      kubernetes: {
        kubeconfig: '',
        kubeconfigInline: '',
        apiEndpoint: 'https://10.0.0.1:6443',
        keyFile: '',
        certFile: '',
        caFile: '',
        apiToken: '',
        insecureSkipTLSVerify: true,
        trustInline: true,
      },
      directory: undefined,
      overlayRoutingMode: 'Enabled',
    });
  });

  it('the type and the overlay mode also of an RCC that cannot be used', () => {
    const result = parse({ datastoreType: 'kubernetes', syncOptions: { overlayRoutingMode: 'Enabled' } });
    assert.equal(result.ok, false);
    assert.equal(result.datastoreType, 'kubernetes');
    assert.equal(result.overlayRoutingMode, 'Enabled');
    assert.equal(parse({ datastoreType: 'x' }).datastoreType, null);
    assert.equal(parse(SECRET).datastoreType, null, 'only the Secret will tell');
  });
});

describe('parseRcc keeps secrets', () => {
  const planted = 'hunter2-s3cr3t';
  const specs: readonly unknown[] = [
    { etcdEndpoints: `https://root:${planted}@h:2379` },
    { etcdEndpoints: planted },
    { ...ETCD, etcdKey: planted, etcdKeyFile: planted, etcdPassword: [planted] },
    { ...KUBE, etcdPassword: planted, etcdKey: planted },
    { datastoreType: 'kubernetes', k8sAPIToken: planted },
    { datastoreType: 'kubernetes', k8sAPIEndpoint: `https://u:${planted}@h` },
    { datastoreType: 'kubernetes', k8sAPIEndpoint: planted, kubeconfigInline: { token: planted } },
    { datastoreType: planted },
    { ...SECRET, k8sAPIToken: planted, kubeconfigInline: planted, datastoreType: planted },
    { ...KUBE, k8sApiTokn: planted },
  ];
  for (const spec of specs) {
    it(`in ${JSON.stringify(spec).slice(0, 40)}`, () => {
      const text = problemsOf(spec).join('\n');
      assert.ok(!text.includes(planted), text);
    });
  }
});
