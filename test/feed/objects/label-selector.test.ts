import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesLabels, parseLabelSelector } from '../../../src/feed/objects/label-selector.ts';
import { SelectorError } from '../../../src/feed/objects/selector-error.ts';
import { check } from '../../model/property.ts';
import { LABEL_SELECTOR_ERRORS } from './selector-errors.ts';

type Labels = Readonly<Record<string, string>>;

function matches(selector: string, labels: Labels): boolean {
  return matchesLabels(parseLabelSelector(selector), (key) => labels[key]);
}

describe('parseLabelSelector', () => {
  for (const [selector, message] of LABEL_SELECTOR_ERRORS) {
    it(`refuses ${JSON.stringify(selector.slice(0, 20))} with the words of the API server`, () => {
      assert.throws(() => parseLabelSelector(selector), { name: 'SelectorError', message });
    });
  }

  it('takes nothing and blanks for everything', () => {
    assert.deepEqual(parseLabelSelector(''), []);
    assert.deepEqual(parseLabelSelector(' \t\n'), []);
  });

  it('takes the words of operators as keys and values', () => {
    assert.deepEqual(parseLabelSelector('in in (notin,in),notin=in,!in'), [
      { key: 'in', operator: 'in', values: ['in', 'notin'] },
      { key: 'notin', operator: '=', values: ['in'] },
      { key: 'in', operator: '!', values: [] },
    ]);
  });

  it('counts empty places in a set as the empty value', () => {
    for (const set of ['()', '(,)', '( , )'])
      assert.deepEqual(parseLabelSelector(`a in ${set}`)[0]?.values, ['']);
    assert.deepEqual(parseLabelSelector('a in (,b,,)')[0]?.values, ['', 'b']);
  });

  it('takes a merged name of a service, which is longer than a label in Kubernetes', () => {
    const long = 'x'.repeat(253);
    assert.equal(parseLabelSelector(`kubernetes.io/service-name=${long}`)[0]?.values[0], long);
    assert.throws(() => parseLabelSelector(`kubernetes.io/service-name=${long}x`), SelectorError);
  });

  it('throws nothing but SelectorError, whatever the text', () => {
    const piece = fc.oneof(
      fc.constantFrom('a', 'in', 'notin', '(', ')', ',', '=', '!', '>', '<', ' ', '/'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    check(
      fc.property(text, (selector) => {
        try {
          parseLabelSelector(selector);
        } catch (error) {
          assert.ok(error instanceof SelectorError, String(error));
        }
      }),
    );
  });

  it('reads a text of 100,000 characters in no time', () => {
    const started = performance.now();
    assert.throws(() => parseLabelSelector('a'.repeat(100_000)), SelectorError);
    assert.throws(() => parseLabelSelector(`${'a-'.repeat(50_000)}/b`), SelectorError);
    assert.throws(() => parseLabelSelector(`a in (${'b,'.repeat(50_000)}`), SelectorError);
    assert.ok(performance.now() - started < 2000);
  });
});

interface Requirement {
  readonly text: string;
  readonly holds: (labels: Labels) => boolean;
}

const key = fc.constantFrom('app', 'tier', 'example.com/x', 'in');
const value = fc.constantFrom('', 'a', 'b', '1', '7', '007', 'notin');

/** Selectors together with what they mean, said as plainly as can be. */
const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.tuple(key, fc.constantFrom('=', '==', ' = '), value).map(([k, op, v]) => ({
    text: `${k}${op}${v}`,
    holds: (labels: Labels) => k in labels && labels[k] === v,
  })),
  fc.tuple(key, value).map(([k, v]) => ({
    text: `${k}!=${v}`,
    holds: (labels: Labels) => !(k in labels && labels[k] === v),
  })),
  fc.tuple(key, fc.array(value, { minLength: 1, maxLength: 3 })).map(([k, vs]) => ({
    text: `${k} in (${vs.join(', ')})`,
    holds: (labels: Labels) => k in labels && vs.some((v) => labels[k] === v),
  })),
  fc.tuple(key, fc.array(value, { minLength: 1, maxLength: 3 })).map(([k, vs]) => ({
    text: `${k} notin (${vs.join(',')})`,
    holds: (labels: Labels) => !(k in labels) || vs.every((v) => labels[k] !== v),
  })),
  key.map((k) => ({ text: k, holds: (labels: Labels) => k in labels })),
  key.map((k) => ({ text: `!${k}`, holds: (labels: Labels) => !(k in labels) })),
  fc.tuple(key, fc.integer({ min: 0, max: 9 })).map(([k, n]) => ({
    text: `${k}>${n}`,
    holds: (labels: Labels) => /^\d+$/.test(labels[k] ?? '') && Number(labels[k]) > n,
  })),
  fc.tuple(key, fc.integer({ min: 0, max: 9 })).map(([k, n]) => ({
    text: `${k}<${n}`,
    holds: (labels: Labels) => /^\d+$/.test(labels[k] ?? '') && Number(labels[k]) < n,
  })),
);

describe('matchesLabels', () => {
  it('selects what a plain evaluation of the same requirements selects', () => {
    const labels = fc.dictionary(key, value, { noNullPrototype: true });
    check(
      fc.property(fc.array(requirement, { maxLength: 4 }), labels, (requirements, set) => {
        const selector = requirements.map(({ text }) => text).join(',');
        const expected = requirements.every(({ holds }) => holds(set));
        assert.equal(matches(selector, set), expected, `${selector} on ${JSON.stringify(set)}`);
      }),
    );
  });

  it('compares numbers as 64-bit integers, and nothing else as numbers', () => {
    assert.equal(matches('a>9007199254740992', { a: '9007199254740993' }), true);
    assert.equal(matches('a<9223372036854775807', { a: '9223372036854775808' }), false);
    assert.equal(matches('a>1', { a: '1e9' }), false);
    assert.equal(matches('a<1', { a: '-5' }), true);
    assert.equal(matches('a<1', {}), false);
  });
});
