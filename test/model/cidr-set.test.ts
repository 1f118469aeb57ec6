import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalCidr } from '../../src/model/address.ts';
import { CidrSet } from '../../src/model/cidr-set.ts';
import { cidrsOverlap } from '../../src/model/cidr-overlap.ts';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);

describe('a set of CIDRs', () => {
  it('finds the network of an address, in canonical form', () => {
    const set = new CidrSet(['10.96.0.7/12', 'fd00:96::/112', '192.0.2.1']);
    assert.equal(set.find('10.111.255.255'), '10.96.0.0/12');
    assert.equal(set.find('10.112.0.0'), undefined);
    assert.equal(set.find('fd00:96::ffff'), 'fd00:96::/112');
    assert.equal(set.find('fd00:96::1:0'), undefined);
    assert.equal(set.find('192.0.2.1'), '192.0.2.1/32');
  });

  it('leaves out what does not parse, and finds no text that is no address', () => {
    const set = new CidrSet(['nonsense', '10.0.0.0/33', '0.0.0.0/0']);
    assert.equal(set.find('10.0.0.1'), '0.0.0.0/0');
    assert.equal(set.find('fd00::1'), undefined);
    assert.equal(set.find('db.example.com'), undefined);
  });

  it('agrees with the slow comparison for any network and address', () => {
    const cases = fc.oneof(
      fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32)),
      fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(128)),
      fc.tuple(fc.ipV6(), fc.nat(128)).map(([a, prefix]) => [a, a, prefix] as const),
    );
    fc.assert(
      fc.property(cases, ([network, other, prefix]) => {
        const cidr = `${network}/${prefix}`;
        const address = canonicalCidr(other).replace(/\/.*$/, '');
        assert.equal(new CidrSet([cidr]).find(address) !== undefined, cidrsOverlap(cidr, address));
      }),
      { seed },
    );
  });
});
