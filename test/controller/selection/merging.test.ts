import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SlicePort } from '../../../src/model/endpoint-slice.ts';
import { service, slice } from '../../index/fixtures.ts';
import { federated, SelectionRig, servicePort, show, slicePort } from './fixtures.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

interface Given {
  readonly of?: string;
  readonly ports?: readonly SlicePort[];
  readonly endpoints: readonly ReturnType<typeof endpoint>[];
}

/** What `global` takes, with ports http and https, of these slices of the services a and b of one cluster. */
function merged(...given: readonly Given[]): string[] {
  const rig = new SelectionRig().put('east', service('a'), service('b'));
  for (const [i, { of = 'a', ports = [slicePort('http')], endpoints }] of given.entries()) {
    rig.put('east', slice(`s${i}`, of, { ports, endpoints }));
  }
  const ports = [servicePort('http'), servicePort('https', 'TCP', 443)];
  rig.put(null, federated('global', 'all()', { ports })).start();
  return show(rig.selection.desired('shop', 'global').parts);
}

const both = [slicePort('http', 80), slicePort('https', 443)];
const one = endpoint('10.1.0.1');
const two = endpoint('10.1.0.2');
const down = endpoint('10.1.0.1', { ready: false });

// The layout of Kubernetes' own Endpoints (RepackSubsets): expand to address and port, group by port set.
describe('slices of one cluster', () => {
  it('give an address the union of its ports', () => {
    const parts = merged(
      { endpoints: [one] },
      { of: 'b', ports: [slicePort('https', 443)], endpoints: [one] },
    );
    assert.deepEqual(parts, ['east IPv4 [http:80/TCP https:443/TCP] 10.1.0.1']);
  });

  it('group addresses by their ports', () => {
    const parts = merged({ ports: both, endpoints: [two] }, { endpoints: [one, endpoint('10.1.0.3')] });
    assert.deepEqual(parts, [
      'east IPv4 [http:80/TCP] 10.1.0.1 10.1.0.3',
      'east IPv4 [http:80/TCP https:443/TCP] 10.1.0.2',
    ]);
  });

  it('put two numbers of one name into two sets, since names are unique in a slice', () => {
    const parts = merged(
      { ports: both, endpoints: [one] },
      { ports: [slicePort('http', 8080)], endpoints: [one] },
    );
    assert.deepEqual(parts, [
      'east IPv4 [http:80/TCP https:443/TCP] 10.1.0.1',
      'east IPv4 [http:8080/TCP] 10.1.0.1',
    ]);
  });

  it('give an address and port once', () => {
    assert.deepEqual(merged({ endpoints: [one, one] }, { of: 'b', endpoints: [one] }), [
      'east IPv4 [http:80/TCP] 10.1.0.1',
    ]);
  });

  for (const [title, given] of [
    ['first', [down, one]],
    ['last', [one, down]],
  ] as const) {
    it(`let not ready win over ready, said ${title}`, () => {
      const [first, last] = given;
      assert.deepEqual(merged({ endpoints: [first] }, { of: 'b', endpoints: [last] }), [
        'east IPv4 [http:80/TCP] 10.1.0.1(not ready)',
      ]);
    });
  }

  it('keep readiness by port: a port that no slice calls not ready stays ready', () => {
    const parts = merged({ ports: both, endpoints: [one] }, { of: 'b', endpoints: [down] });
    assert.deepEqual(parts, [
      'east IPv4 [http:80/TCP] 10.1.0.1(not ready)',
      'east IPv4 [https:443/TCP] 10.1.0.1',
    ]);
  });

  it('take the rest of an endpoint from the first slice in the order of services and slices', () => {
    const rig = new SelectionRig().put('east', service('a'), service('b'));
    for (const [name, of, zone] of [
      ['s0', 'b', 'z3'],
      ['s2', 'a', 'z2'],
      ['s1', 'a', 'z1'],
    ] as const) {
      rig.put('east', slice(name, of, { endpoints: [endpoint('10.1.0.1', { zone })] }));
    }
    rig.put(null, federated('global', 'all()')).start();
    assert.equal(rig.selection.desired('shop', 'global').parts[0]?.endpoints[0]?.zone, 'z1');
  });

  it('take one appProtocol where slices differ in it alone', () => {
    const ports = [{ ...slicePort('http'), appProtocol: 'http2' }];
    assert.deepEqual(merged({ endpoints: [one] }, { ports, endpoints: [one] }), [
      'east IPv4 [http:80/TCP] 10.1.0.1',
    ]);
  });

  it('take the first port of a name where a slice repeats it against the rules', () => {
    const ports = [slicePort('http', 1), slicePort('http', 2), slicePort('http', 3)];
    assert.deepEqual(merged({ ports, endpoints: [one] }), ['east IPv4 [http:1/TCP] 10.1.0.1']);
  });

  it('are bounded in how many sets of ports they give one address', () => {
    const hostile = Array.from({ length: 200 }, (_, i) => ({
      ports: [slicePort('http', i + 1)],
      endpoints: [one],
    }));
    assert.equal(merged(...hostile).length, 64);
  });
});
