import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatInterface, packInterface } from '../../src/index/interface-words.ts';

describe('interface names in two words', () => {
  const words = new Uint32Array(2);
  const roundTrip = (name: string): string | undefined =>
    packInterface(name, words) ? formatInterface(words[0] ?? 0, words[1] ?? 0) : undefined;

  it('come back as they were', () => {
    for (const name of ['', 'cali00000000000', 'cali0123456789a', 'califffffffffff', 'cali80000000000']) {
      assert.equal(roundTrip(name), name);
    }
  });

  it('are refused where they are not as Calico makes them', () => {
    for (const name of [
      'eth0',
      'cali',
      'cali0123456789',
      'cali0123456789ab',
      'cali0123456789A',
      'tap01234567890',
    ]) {
      assert.equal(roundTrip(name), undefined, name);
    }
  });

  it('never come back as another name', () => {
    const digits = fc.array(fc.constantFrom(...Array.from('0123456789abcdefgF-')), {
      minLength: 10,
      maxLength: 12,
    });
    fc.assert(
      fc.property(digits, (characters) => {
        const name = `cali${characters.join('')}`;
        const back = roundTrip(name);
        assert.ok(back === undefined || back === name, `${name} became ${back}`);
      }),
      process.env['PBT_SEED'] === undefined ? {} : { seed: Number(process.env['PBT_SEED']) },
    );
  });
});
