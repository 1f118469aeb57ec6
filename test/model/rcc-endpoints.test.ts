import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestName } from '../../src/model/nearest-name.ts';
import { apiEndpointProblem, parseEtcdEndpoints } from '../../src/model/rcc-parse-endpoints.ts';

describe('parseEtcdEndpoints', () => {
  const accepted: Record<string, readonly string[]> = {
    'https://10.0.0.1:2379': ['https://10.0.0.1:2379'],
    'http://etcd.example.com.:2379': ['http://etcd.example.com.:2379'],
    ' https://a:1 ,  https://b:2 ': ['https://a:1', 'https://b:2'],
    'https://[2001:DB8::1]:2379/': ['https://[2001:db8::1]:2379'],
    'https://a:02379,https://A:2379': ['https://a:2379'],
    'https://my_host:1': ['https://my_host:1'],
  };
  for (const [text, expected] of Object.entries(accepted)) {
    it(`accepts ${text}`, () =>
      assert.deepEqual(parseEtcdEndpoints(text), { endpoints: expected, problems: [] }));
  }

  const refused: Record<string, RegExp> = {
    '10.0.0.1:2379': /^does not start with http/,
    'unix:///run/etcd.sock': /^has a scheme other/,
    'https://a': /^has no port/,
    'https://a:': /^has no port/,
    'https://a:0': /^has a port that is not/,
    'https://a:65536': /^has a port that is not/,
    'https://a:2379/v3': /^has a path/,
    'https://a:2379?x=1': /^has a path/,
    'https://:2379': /^has no valid host/,
    'https://2001:db8::1:2379': /brackets/,
    'https://[2001:db8::1': /brackets/,
    'https://[::g]:1': /^has no valid host/,
    'https://300.1.1.1:1': /^has no valid host/,
    'https://a b:1': /^has no valid host/,
    'https://user:pass@a:1': /user name or password/,
    'https://a:1,': /^item 2: is empty/,
    'https://a:1,,https://b:1': /^item 2: is empty/,
    'https://a:1;https://b:1': /./,
  };
  for (const [text, expected] of Object.entries(refused)) {
    it(`refuses ${text}`, () => {
      const { problems } = parseEtcdEndpoints(text);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', expected);
    });
  }
});

describe('apiEndpointProblem', () => {
  for (const text of [
    'https://10.0.0.1:6443',
    'https://h',
    'http://[::1]:8080/',
    'https://r/k8s/clusters/c-1',
  ]) {
    it(`accepts ${text}`, () => assert.equal(apiEndpointProblem(text), undefined));
  }
  for (const text of [
    '10.0.0.1:6443',
    'ftp://h',
    'https://',
    'https://u:p@h',
    'https://h?x',
    'https://h:0',
    'https://h/a b',
  ]) {
    it(`refuses ${text}`, () => assert.notEqual(apiEndpointProblem(text), undefined));
  }
});

describe('nearestName', () => {
  it('finds what was meant, whatever the case', () => {
    assert.equal(nearestName('KubeConfig', ['kubeconfig', 'kubeconfigInline']), 'kubeconfig');
    assert.equal(nearestName('etcdEndpoint', ['etcdEndpoints', 'etcdKey']), 'etcdEndpoints');
  });
  it('says nothing where nothing is near', () => {
    assert.equal(nearestName('color', ['kubeconfig']), undefined);
    assert.equal(nearestName('x'.repeat(100_000), ['kubeconfig']), undefined);
  });
});
