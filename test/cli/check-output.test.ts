import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { CheckOutput } from '../../src/cli/check-output.ts';
import { check } from '../model/property.ts';

describe('the lines of clusters that are checked at once', () => {
  it('come cluster by cluster, the first as it goes', () => {
    let out = '';
    const output = new CheckOutput((text) => (out += text));
    output.step('a', 'a1 ');
    output.step('b', 'b1 ');
    output.step('c', 'c1 ');
    assert.equal(out, 'a1 ');
    output.end('c');
    output.step('a', 'a2 ');
    output.end('a');
    assert.equal(out, 'a1 a2 b1 ');
    output.step('b', 'b2 ');
    output.end('b');
    assert.equal(out, 'a1 a2 b1 b2 c1 ');
  });

  it('are all shown in the end, in any order of events', () => {
    check(
      fc.property(fc.array(fc.nat(4), { maxLength: 30 }), (order) => {
        let out = '';
        const output = new CheckOutput((text) => (out += text));
        order.forEach((cluster, i) => {
          const name = String(cluster);
          output.step(name, name);
          if (!order.includes(cluster, i + 1)) output.end(name);
        });
        assert.equal(out.length, order.length);
        assert.match(out, /^(?:(\d)\1*(?!.*\1))*$/, 'each cluster in one block');
      }),
    );
  });
});
