import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { addressOfCidr, canonicalCidr } from '../../src/model/address.ts';
import { formatAddress, ipv4OfCidr, packAddress } from '../../src/index/address-words.ts';
import { formatDecimal, packDecimal } from '../../src/index/decimal-words.ts';
import { formatUuid, packUuid } from '../../src/index/uuid-words.ts';
import { splitWorkload, suffixText, packSuffix, SUFFIX_LENGTH } from '../../src/index/workload-suffix.ts';
import { nameText, propertyOptions } from './fixtures.ts';

const out = new Uint32Array(4);

describe('packUuid', () => {
  it('gives back every lower-case UUID', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        assert.ok(packUuid(uuid, out));
        assert.equal(formatUuid(out[0] ?? 0, out[1] ?? 0, out[2] ?? 0, out[3] ?? 0), uuid);
      }),
      propertyOptions,
    );
  });

  it('refuses what it could not give back', () => {
    for (const text of [
      '',
      'x',
      '5C8F3B1E-0A57-4D3E-9C55-0123456789AB',
      '5c8f3b1e00a57-4d3e-9c55-0123456789ab',
      '0'.repeat(36),
    ]) {
      assert.equal(packUuid(text, out), false, text);
    }
  });

  it('refuses another character at any place', () => {
    const uuid = '5c8f3b1e-0a57-4d3e-9c55-0123456789ab';
    for (let at = 0; at < uuid.length; at++) {
      for (const other of ['g', 'A', '/', ':', '`', '\0', '\u00b5', '\u0131', '\uff11']) {
        const text = uuid.slice(0, at) + other + uuid.slice(at + 1);
        assert.equal(packUuid(text, out), false, text);
      }
    }
  });
});

describe('packDecimal', () => {
  it('gives back every number that it takes', () => {
    const digits = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.bigInt({ min: 0n, max: 10n ** 12n }));
    fc.assert(
      fc.property(digits, (number) => {
        const text = String(number);
        if (packDecimal(text, out)) assert.equal(formatDecimal(out[0] ?? 0, out[1] ?? 0), text);
        else assert.ok(number > 4n * 10n ** 18n, text);
      }),
      propertyOptions,
    );
  });

  it('refuses what is not the canonical text of a number', () => {
    for (const text of [
      '',
      '01',
      '-1',
      '1.0',
      '1e3',
      ' 1',
      '12345678901234567890',
      '4294967295000000000',
      'abc',
    ]) {
      assert.equal(packDecimal(text, out), false, text);
    }
    for (const text of ['0', '999999999', '1000000000', '9007199254740993', '4294967294999999999']) {
      assert.ok(packDecimal(text, out), text);
      assert.equal(formatDecimal(out[0] ?? 0, out[1] ?? 0), text);
    }
  });
});

describe('packAddress', () => {
  it('gives back every canonical address and full-length CIDR', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const cidr = canonicalCidr(text);
        assert.ok(packAddress(cidr, out), cidr);
        assert.equal(formatAddress(out), addressOfCidr(cidr));
        assert.ok(packAddress(addressOfCidr(cidr), out));
        assert.equal(formatAddress(out), addressOfCidr(cidr));
      }),
      propertyOptions,
    );
  });

  it('refuses shorter prefixes and other spellings', () => {
    for (const text of [
      '',
      '10.0.0.0/24',
      '10.0.0.01/32',
      '10.0.0/32',
      'fd00::/64',
      'FD00::1',
      'fd00:0::1/128',
      '::1/32',
      '1:2:3:4:5:6:7:8:9',
      'fd00::1::2',
      ':',
      'example.org',
      'ffff:ffff:ffff:ffff:ffff:ffff:a00:1',
    ]) {
      assert.equal(packAddress(text, out), false, text);
    }
    assert.equal(ipv4OfCidr('10.0.0.1/33'), -1);
    assert.equal(ipv4OfCidr('255.255.255.255/32'), 0xffffffff);
  });
});

describe('splitWorkload', () => {
  it('cuts so that both parts together are the name', () => {
    fc.assert(
      fc.property(nameText, (name) => {
        const cut = splitWorkload(name);
        assert.ok(name.length - cut <= SUFFIX_LENGTH);
        packSuffix(name, cut, out);
        const suffix = Array.from(out, suffixText).join('');
        assert.equal(name.slice(0, cut) + suffix, name);
      }),
      propertyOptions,
    );
  });

  it('leaves the hash of a ReplicaSet or Job to the suffix', () => {
    assert.equal(splitWorkload('web-7d9f8c6b5d-x2x4z'), 'web-'.length);
    assert.equal(splitWorkload('node-exporter-x2x4z'), 'node-'.length);
    assert.equal(splitWorkload('kafka-0'), 0);
    assert.equal(splitWorkload('aaaaaaaaaaaaaaaaaaaaaaaa'), 24 - SUFFIX_LENGTH);
  });
});
