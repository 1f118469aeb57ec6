import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointSlice } from '../../../src/model/endpoint-slice.ts';
import { LabelSet } from '../../../src/model/label-set.ts';
import {
  MIRRORING_CONTROLLER,
  servedBySlices,
  slicesToRetire,
} from '../../../src/controller/endpoints/slice-cover.ts';
import { desired, endpoint, owned, ownedSlice, part, port, remote } from './fixture.ts';

const ports = [{ port: 80, protocol: 'TCP' }];
const at = (ip: string, name: string): object => ({ ip, targetRef: { kind: 'Pod', name, uid: ip } });
const object = owned({
  subsets: [
    {
      addresses: [at('10.0.0.1', 'a'), at('10.1.0.1', 'east/a')],
      notReadyAddresses: [at('10.1.0.9', 'east/x')],
      ports,
    },
  ],
});

function mirrored(addresses: readonly string[], controller = MIRRORING_CONTROLLER): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    namespace: 'shop',
    name: 'web-mirrored',
    uid: 'm',
    resourceVersion: '1',
    created: 0,
    service: 'web',
    labels: LabelSet.fromRecord({ 'endpointslice.kubernetes.io/managed-by': controller }),
    addressType: 'IPv4',
    ports: [port(80)],
    endpoints: addresses.map((address) => endpoint(address)),
  };
}

describe('servedBySlices', () => {
  const local = ownedSlice(null, [endpoint('10.0.0.1')]);
  const east = ownedSlice('east', [remote('east', '10.1.0.1')]);
  const wantsNothing = desired([]);
  const eastHeld = desired([], ['east']);

  it('is true where our slices have every ready address', () => {
    assert.equal(servedBySlices(object, [local, east], wantsNothing, false), true);
    assert.equal(servedBySlices(object, [local, east], eastHeld, true), true);
  });

  it('is false while a missing address is desired, or its cluster is held; true when nobody wants it', () => {
    const wantsEast = desired([part('east', [remote('east', '10.1.0.1')])]);
    assert.equal(servedBySlices(object, [local], wantsEast, false), false);
    assert.equal(servedBySlices(object, [local], eastHeld, true), false);
    assert.equal(servedBySlices(object, [local], wantsNothing, false), true);
  });

  it('does not count another port, an endpoint that is not ready, or a slice that is being deleted', () => {
    const wrong = [
      ownedSlice('east', [remote('east', '10.1.0.1')], { ports: [port(81)] }),
      ownedSlice('east', [remote('east', '10.1.0.1', { ready: false })]),
      ownedSlice('east', [remote('east', '10.1.0.1')], { deleting: true }),
    ];
    for (const slice of wrong) assert.equal(servedBySlices(object, [local, slice], eastHeld, true), false);
  });

  it('takes an address that does not tell its cluster for one of any held cluster', () => {
    const unnamed = owned({ subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports }] });
    assert.equal(servedBySlices(unnamed, [], eastHeld, true), false);
    assert.equal(servedBySlices(unnamed, [], wantsNothing, false), true);
  });
});

describe('slicesToRetire', () => {
  const slices = [ownedSlice(null, [endpoint('10.0.0.1')]), ownedSlice('east', [], { deleting: true })];

  it('waits until the Endpoints object is there and all its ready addresses are mirrored', () => {
    assert.deepEqual(slicesToRetire(slices, undefined, [], true), []);
    assert.deepEqual(slicesToRetire(slices, object, [], true), []);
    assert.deepEqual(slicesToRetire(slices, object, [mirrored(['10.0.0.1'])], true), []);
    assert.deepEqual(
      slicesToRetire(slices, object, [mirrored(['10.0.0.1', '10.1.0.1'], 'somebody')], true),
      [],
    );
    const both = slicesToRetire(slices, object, [mirrored(['10.0.0.1']), mirrored(['10.1.0.1'])], true);
    assert.deepEqual(both, [{ op: 'delete', phase: 2, rank: 'cosmetic', of: slices[0] }]);
  });

  it('does not wait for a service that is not federated any more', () => {
    assert.deepEqual(slicesToRetire(slices, undefined, [], false), [
      { op: 'delete', phase: 1, rank: 'withdraw', of: slices[0] },
    ]);
  });
});
