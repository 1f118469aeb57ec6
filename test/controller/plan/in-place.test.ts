import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isInPlace } from '../../../src/controller/plan/in-place.ts';
import { samePorts, sameSet, setKey } from '../../../src/controller/plan/set-key.ts';
import { sliceSets } from '../../../src/controller/plan/slice-sets.ts';
import type { OwnedSlice } from '../../../src/controller/owned/owned-slice.ts';
import type { SliceEndpoint, SlicePort } from '../../../src/model/endpoint-slice.ts';
import { check } from '../../model/property.ts';
import { anyDesired, planned, reached } from './fixtures.ts';

/** Ways in which somebody else may have changed a slice. */
const changes: readonly ((slice: OwnedSlice) => OwnedSlice)[] = [
  (slice) => ({ ...slice, intact: false }),
  (slice) => ({ ...slice, ownerUid: 'another' }),
  (slice) => ({ ...slice, service: 'another' }),
  (slice) => ({ ...slice, endpoints: slice.endpoints.slice(1) }),
  (slice) => ({ ...slice, endpoints: [...slice.endpoints, endpointAt('192.0.2.77')] }),
  (slice) => ({ ...slice, endpoints: [...slice.endpoints, ...slice.endpoints.slice(0, 1)] }),
  (slice) => withFirst(slice, (first) => ({ ...first, ready: first.ready !== true })),
  (slice) => withFirst(slice, (first) => ({ ...first, zone: `${first.zone}x` })),
  (slice) => withFirst(slice, (first) => ({ ...first, addresses: ['192.0.2.77'] })),
  (slice) => withFirst(slice, (first) => ({ ...first, addresses: [...first.addresses, '192.0.2.77'] })),
  (slice) => ({
    ...slice,
    ports: [...slice.ports, { name: 'x', protocol: 'TCP', port: 9, appProtocol: '' }],
  }),
];

function withFirst(slice: OwnedSlice, change: (first: SliceEndpoint) => SliceEndpoint): OwnedSlice {
  return {
    ...slice,
    endpoints: slice.endpoints.map((endpoint, i) => (i === 0 ? change(endpoint) : endpoint)),
  };
}

function endpointAt(address: string): SliceEndpoint {
  const [ready, serving, terminating] = [true, true, false];
  const texts = { hostname: '', nodeName: '', zone: '' };
  return { addresses: [address], ready, serving, terminating, ...texts, targetRef: undefined };
}

describe('isInPlace', () => {
  it('is true of what was just written, whatever the order of its endpoints', () => {
    check(
      fc.property(anyDesired, (desired) => {
        const written = reached(desired, [], 100).map((slice) => ({
          ...slice,
          endpoints: slice.endpoints.toReversed(),
        }));
        for (const set of sliceSets(desired, written).sets) assert.ok(isInPlace(set, desired, 100));
        assert.deepEqual(planned(desired, written, 100), []);
      }),
    );
  });

  it('is false, and the plan writes, once anything of it is changed', () => {
    check(
      fc.property(anyDesired, fc.nat(), fc.constantFrom(...changes), (desired, which, change) => {
        const written = reached(desired, [], 100);
        fc.pre(written.length > 0);
        const changed = written.map((slice, i) => (i === which % written.length ? change(slice) : slice));
        const places = sliceSets(desired, changed).sets.map((set) => isInPlace(set, desired, 100));
        assert.ok(places.includes(false));
        assert.notDeepEqual(planned(desired, changed, 100), []);
      }),
    );
  });

  it('is false of a slice above the limit', () => {
    check(
      fc.property(anyDesired, (desired) => {
        for (const set of sliceSets(desired, reached(desired, [], 100)).sets) {
          assert.equal(isInPlace(set, desired, 1), set.part.endpoints.length === 1);
        }
      }),
    );
  });
});

describe('setKey', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '/', ':', '1', '-', ' '), maxLength: 4 });
  const port: fc.Arbitrary<SlicePort> = fc.record({
    name: text,
    protocol: text,
    port: fc.option(fc.nat(12), { nil: undefined }),
    appProtocol: text,
  });
  const set = fc.record({
    cluster: fc.option(text),
    family: fc.constantFrom('IPv4' as const, 'IPv6' as const),
    ports: fc.array(port, { maxLength: 3 }),
  });

  it('is equal for one set and only for it, as sameSet is', () => {
    const plain = ({
      cluster,
      family,
      ports,
    }: {
      cluster: string | null;
      family: string;
      ports: SlicePort[];
    }) => JSON.stringify([cluster, family, ports.map((each) => JSON.stringify(Object.values(each))).sort()]);
    check(
      fc.property(set, set, fc.boolean(), (a, other, alike) => {
        const b = alike ? { ...a, ports: a.ports.toReversed() } : other;
        const same = plain(a) === plain(b);
        assert.equal(setKey(a) === setKey(b), same);
        assert.equal(sameSet(a, b), same);
        assert.equal(samePorts(a.ports, b.ports), plain({ ...a, ports: b.ports }) === plain(a));
      }),
    );
  });
});
