import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  AddressError,
  addressOfCidr,
  canonicalAddress,
  canonicalCidr,
  isRefusedAddress,
  parseIPv4,
} from '../../src/model/address.ts';
import { cidrsOverlap } from '../../src/model/cidr-overlap.ts';
import { check } from './property.ts';

describe('canonicalCidr', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['10.0.0.77/24', '10.0.0.0/24'],
    ['10.0.0.1', '10.0.0.1/32'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['192.168.1.1/31', '192.168.1.0/31'],
    ['FD00:0:0::0001', 'fd00::1/128'],
    ['2001:db8:1:2:3:4:5:6/64', '2001:db8:1:2::/64'],
    ['2001:db8::ffff/121', '2001:db8::ff80/121'],
    ['::ffff:10.0.0.1', '10.0.0.1/32'],
    ['::FFFF:0a00:0001', '10.0.0.1/32'],
    ['::ffff:10.0.0.77/120', '10.0.0.0/24'],
    ['::ffff:10.0.0.77/96', '0.0.0.0/0'],
    ['::ffff:10.0.0.77/90', '::ffc0:0:0/90'],
    ['::10.0.0.1', '::a00:1/128'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3/128'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7/128'],
    ['::/0', '::/0'],
    ['10.0.0.1/032', '10.0.0.1/32'],
  ];
  for (const [text, canonical] of cases) {
    it(`${text} → ${canonical}`, () => {
      assert.equal(canonicalCidr(text), canonical);
      assert.equal(canonicalCidr(canonical), canonical);
    });
  }

  const bad = [
    '',
    ' ',
    '10.0.0',
    '10.0.0.1.',
    '.10.0.0.1',
    '10..0.1',
    '10.0.0.256',
    '10.0.0.01',
    '010.0.0.1',
    '0x7f.0.0.1',
    '10.0.0.1 ',
    '10.0.0.1/',
    '10.0.0.1/33',
    '10.0.0.1/-1',
    '10.0.0.1/+1',
    '10.0.0.1/8/8',
    '10.0.0.1/a',
    '2130706433',
    '::1%eth0',
    'fe80::1%1/64',
    '::1/129',
    '1::2::3',
    '12345::',
    ':1',
    '1:',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::ffff:010.0.0.1',
    '::ffff:1.2.3',
    '::1.2.3.4:5',
    '[::1]',
    '::g',
    '00001::',
    `${'1:'.repeat(500)}1`,
    '１.0.0.1',
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(() => canonicalCidr(text), AddressError);
      assert.equal(canonicalAddress(text), undefined);
    });
  }

  it('names what it refused, cut short', () => {
    assert.throws(() => canonicalCidr('gumbo'), /^AddressError: "gumbo" is not an IP address or CIDR$/);
    assert.throws(() => canonicalCidr('10.0.0.0/40'), /prefix length \(0 to 32\)/);
    assert.throws(
      () => canonicalCidr('x'.repeat(1e6)),
      (error: Error) => error.message.length < 120,
    );
  });
});

describe('addresses', () => {
  it('canonicalAddress takes bare addresses only', () => {
    assert.equal(canonicalAddress('10.0.0.1'), '10.0.0.1');
    assert.equal(canonicalAddress('FD00::A'), 'fd00::a');
    assert.equal(canonicalAddress('::ffff:10.0.0.1'), '10.0.0.1');
    assert.equal(canonicalAddress('10.0.0.1/32'), undefined);
    assert.equal(canonicalAddress('::1/128'), undefined);
  });

  it('parseIPv4 gives unsigned numbers', () => {
    assert.equal(parseIPv4('255.255.255.255'), 0xffffffff);
    assert.equal(parseIPv4('0.0.0.0'), 0);
    assert.equal(parseIPv4('10.0.1.2'), 0x0a000102);
    assert.equal(parseIPv4('::1'), -1);
  });

  it('addressOfCidr cuts the prefix length off', () => {
    assert.equal(addressOfCidr('fd00::1/128'), 'fd00::1');
    assert.equal(addressOfCidr('10.0.0.1'), '10.0.0.1');
  });

  it('refuses loopback, link-local, multicast, unspecified and broadcast', () => {
    const refused = [
      '0.0.0.0',
      '0.1.2.3',
      '127.0.0.1',
      '127.255.0.1/32',
      '169.254.169.254',
      '224.0.0.1',
      '239.255.255.255/32',
      '255.255.255.255',
      '::',
      '::1',
      '::1/128',
      'fe80::1',
      'febf::1',
      'ff02::1',
      '0.0.0.0/0',
      '::/0',
      '::/127',
      '126.0.0.0/7',
      'junk',
    ];
    const fine = [
      '10.0.0.1',
      '10.0.0.0/8',
      '169.253.0.1',
      '169.255.0.0/16',
      '223.255.255.255',
      '240.0.0.1',
      '128.0.0.1/32',
      'fd00::1',
      'fec0::1/128',
      '2001:db8::/32',
      '1.0.0.0/8',
    ];
    assert.deepEqual(
      refused.filter((address) => !isRefusedAddress(address)),
      [],
    );
    assert.deepEqual(fine.filter(isRefusedAddress), []);
  });

  it('finds overlaps', () => {
    assert.ok(cidrsOverlap('10.0.0.0/8', '10.1.0.0/16') && cidrsOverlap('10.1.0.0/16', '10.0.0.0/8'));
    assert.ok(cidrsOverlap('0.0.0.0/0', '192.168.0.1/32') && cidrsOverlap('fd00::/8', 'fd12::/16'));
    assert.ok(!cidrsOverlap('10.0.0.0/16', '10.1.0.0/16') && !cidrsOverlap('0.0.0.0/0', '::/0'));
    assert.ok(!cidrsOverlap('fd00::/16', 'fd01::/16') && !cidrsOverlap('junk', '10.0.0.0/8'));
  });
});

describe('address properties', () => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });
  const soup = fc
    .array(fc.constantFrom('0', '1', '255', '00', 'a', 'F', ':', '::', '.', '%', '/', 'ffff'), {
      maxLength: 17,
    })
    .map((parts) => parts.join(''));

  it('accept exactly the addresses that the system library accepts, zones aside', () => {
    check(
      fc.property(fc.oneof(soup, fc.ipV4(), fc.ipV6()), (text) => {
        const valid = isIPv4(text) || (isIPv6(text) && !text.includes('%'));
        assert.equal(canonicalAddress(text) !== undefined, valid, text);
        assert.equal(parseIPv4(text) >= 0, isIPv4(text), text);
      }),
    );
  });

  it('print IPv6 as WHATWG URLs do', () => {
    check(
      fc.property(groups, (parts) => {
        const text = parts.map((part) => part.toString(16).padStart(4, '0').toUpperCase()).join(':');
        const canonical = canonicalAddress(text);
        const mapped = parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;
        if (!mapped) assert.equal(`[${canonical}]`, new URL(`http://[${text}]/`).hostname);
      }),
    );
  });

  it('agree on overlap with membership of an address', () => {
    const network = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`);
    check(
      fc.property(network, fc.ipV4(), (cidr, ip) => {
        const bits = Number(cidr.slice(cidr.indexOf('/') + 1));
        const inside = canonicalCidr(`${ip}/${bits}`) === canonicalCidr(cidr);
        assert.equal(cidrsOverlap(cidr, `${ip}/32`), inside);
      }),
    );
  });
});
