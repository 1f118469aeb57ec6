import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRcc } from '../../src/model/rcc-parse.ts';
import type { SecretParse } from '../../src/model/rcc-parse-secret.ts';

const PEM = '-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE KEY-----\n';

function complete(data: Record<string, string>, spec: Record<string, unknown> = {}): SecretParse {
  const clusterAccessSecret = { namespace: 'fed', name: 'east' };
  const result = parseRcc(
    { name: 'east', spec: { clusterAccessSecret, ...spec }, origin: 'test' },
    { trustInline: false },
  );
  assert.ok(result.ok && result.needs === 'secret');
  assert.deepEqual(result.secret, { namespace: 'fed', name: 'east' });
  return result.complete(data);
}

describe('an RCC with a Secret', () => {
  it('reads all eight keys as contents and ignores others', () => {
    const result = complete(
      {
        datastoreType: 'etcdv3\n',
        etcdEndpoints: 'https://a:1, https://b:2\n',
        etcdUsername: 'u',
        etcdPassword: 'p ',
        etcdKey: PEM,
        etcdCert: PEM,
        etcdCACert: PEM,
        kubeconfig: 'apiVersion: v1\n',
        kubeconfigInline: 'ignored',
        k8sAPIToken: 'ignored',
      },
      { syncOptions: { overlayRoutingMode: 'Enabled' } },
    );
    assert.ok(result.ok);
    assert.equal(result.access.datastoreType, 'etcdv3');
    assert.equal(result.access.overlayRoutingMode, 'Enabled');
    assert.deepEqual(result.access.etcd?.endpoints, ['https://a:1', 'https://b:2']);
    assert.equal(result.access.etcd.password, 'p ', 'a blank may belong to a password');
    assert.equal(result.access.kubernetes?.kubeconfigInline, 'apiVersion: v1');
    assert.equal(result.access.kubernetes.kubeconfig, '');
    assert.equal(result.access.kubernetes.apiToken, '');
  });

  it('reads a blank datastoreType as etcdv3', () => {
    const result = complete({ etcdEndpoints: 'https://a:1' });
    assert.ok(result.ok);
    assert.equal(result.access.datastoreType, 'etcdv3');
  });

  const refused: readonly (readonly [string, Record<string, string>, Record<string, unknown>, RegExp])[] = [
    ['an empty Secret', {}, {}, /^data\.etcdEndpoints is required/],
    [
      'kubernetes without kubeconfig: no fall back to the local cluster',
      { datastoreType: 'kubernetes' },
      {},
      /^data\.kubeconfig /,
    ],
    ['a blank kubeconfig', { datastoreType: 'kubernetes', kubeconfig: ' \n' }, {}, /^data\.kubeconfig /],
    [
      'etcd keys with kubernetes',
      { datastoreType: 'kubernetes', kubeconfig: 'x', etcdKey: PEM },
      {},
      /^data\.etcdKey is only valid/,
    ],
    ['an unknown type', { datastoreType: 'k8s' }, {}, /^data\.datastoreType must be/],
    [
      'another type than the RCC says',
      { datastoreType: 'kubernetes', kubeconfig: 'x' },
      { datastoreType: 'etcdv3' },
      /^data\.datastoreType is kubernetes, but the RCC says etcdv3/,
    ],
    [
      'a blank type where the RCC says kubernetes',
      { etcdEndpoints: 'https://a:1' },
      { datastoreType: 'kubernetes' },
      /^data\.datastoreType is blank, which means etcdv3, but/,
    ],
    [
      'a value that is still base64',
      { etcdEndpoints: 'https://a:1', etcdCACert: 'LS0tLS1CRUdJTg==' },
      {},
      /^data\.etcdCACert is not PEM text/,
    ],
  ];
  for (const [title, data, spec, expected] of refused) {
    it(`refuses ${title}`, () => {
      const result = complete(data, spec);
      assert.equal(result.ok, false);
      if (result.ok) return;
      assert.equal(result.reason, 'SecretInvalid');
      assert.match(result.problems.map(({ field, problem }) => `${field} ${problem}`).join('\n'), expected);
    });
  }

  it('accepts an equal datastoreType in the RCC', () => {
    assert.ok(complete({ datastoreType: 'kubernetes', kubeconfig: 'x' }, { datastoreType: 'kubernetes' }).ok);
    assert.ok(complete({ etcdEndpoints: 'https://a:1' }, { datastoreType: 'etcdv3' }).ok);
  });

  it('is not confused by keys of Object.prototype', () => {
    const result = complete(
      JSON.parse('{"__proto__":"x","constructor":"y","etcdEndpoints":"http://a:1"}') as Record<
        string,
        string
      >,
    );
    assert.ok(result.ok);
  });

  it('never repeats a value of the Secret', () => {
    const planted = 'hunter2-s3cr3t';
    const keys = [
      'datastoreType',
      'etcdEndpoints',
      'etcdKey',
      'etcdCert',
      'etcdCACert',
      'etcdPassword',
      'kubeconfig',
    ];
    for (const key of keys) {
      for (const datastoreType of ['etcdv3', 'kubernetes', 'etcd']) {
        const result = complete({ datastoreType, [key]: planted });
        if (!result.ok) assert.ok(!JSON.stringify(result.problems).includes(planted), key);
      }
    }
  });
});
