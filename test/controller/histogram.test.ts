import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Histogram } from '../../src/controller/histogram.ts';
import { propertyOptions } from '../index/fixtures.ts';

describe('Histogram', () => {
  it('is empty at first', () => {
    assert.deepEqual(new Histogram([1, 2]).counts(), { bounds: [1, 2], buckets: [0, 0], sum: 0, count: 0 });
  });

  it('takes a bound into its own bucket, and what is above all into the count alone', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 6]) histogram.observe(value);
    assert.deepEqual(histogram.counts(), { bounds: [1, 2, 5], buckets: [2, 4, 4], sum: 10.5, count: 5 });
  });

  it('counts what is at most each bound, whatever the values', () => {
    const bound = fc.integer({ min: 0, max: 100 });
    const values = fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.uniqueArray(bound, { maxLength: 8 }), values, (unsorted, observed) => {
        const bounds = unsorted.sort((a, b) => a - b);
        const histogram = new Histogram(bounds);
        for (const value of observed) histogram.observe(value);
        const { buckets, sum, count } = histogram.counts();
        assert.deepEqual(
          buckets,
          bounds.map((limit) => observed.filter((value) => value <= limit).length),
        );
        assert.equal(count, observed.length);
        assert.equal(
          sum,
          observed.reduce((total, value) => total + value, 0),
        );
      }),
      propertyOptions,
    );
  });
});
