import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { mergeEndpointLabels } from '../../src/model/endpoint-label-merge.ts';
import {
  NAMESPACE_LABEL,
  ORCHESTRATOR_LABEL,
  SERVICE_ACCOUNT_LABEL,
  endpointLabels,
} from '../../src/model/endpoint-labels.ts';
import { LabelSet } from '../../src/model/label-set.ts';
import { check } from './property.ts';

const key = fc.oneof(
  fc.constantFrom(NAMESPACE_LABEL, ORCHESTRATOR_LABEL, SERVICE_ACCOUNT_LABEL),
  fc.constantFrom(
    'pcns.a',
    'pcsa.b',
    'pcns',
    'projectcalico.org/',
    'projectcalico.org/o',
    'projectcalico.org/z',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const pairs = fc.array(fc.tuple(key, fc.string({ maxLength: 3 })), { maxLength: 12 });

describe('LabelSet.of', () => {
  it('is sorted, and the later of two pairs with one key wins, whatever the order of the pairs', () => {
    check(
      fc.property(pairs, fc.boolean(), (list, isSorted) => {
        const given = isSorted ? list.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) : list;
        const expected = new Map(given);
        const keys = [...expected.keys()].sort();
        for (const set of [LabelSet.of(given), LabelSet.of(given.values())]) {
          assert.deepEqual(set.keys, keys);
          assert.deepEqual(
            set.values,
            keys.map((each) => expected.get(each)),
          );
          assert.equal(set.canonical, keys.map((each) => `${each}\0${expected.get(each)}`).join('\0'));
        }
      }),
    );
  });

  it('has one empty set', () => {
    assert.equal(LabelSet.of([]), LabelSet.empty);
    assert.equal(LabelSet.empty.canonical, '');
  });
});

describe('mergeEndpointLabels', () => {
  it('gives what endpointLabels gives', () => {
    const owner = fc.record({
      namespace: fc.string({ maxLength: 3 }),
      orchestrator: fc.constantFrom('k8s', 'cni'),
      serviceAccount: fc.constantFrom('', 'default'),
    });
    check(
      fc.property(pairs, owner, (list, of) => {
        const merged = mergeEndpointLabels(LabelSet.of(list), of);
        const plain = endpointLabels(list, of);
        assert.deepEqual([merged.keys, merged.values], [plain.keys, plain.values]);
      }),
    );
  });
});
