import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConversionError, excerpt } from '../../src/model/conversion-error.ts';

describe('excerpt', () => {
  it('is short and harmless to a terminal', () => {
    assert.equal(excerpt('a"b\n'), String.raw`"a\"b\n"`);
    assert.ok(excerpt('x'.repeat(1_000_000)).length <= 66);
    const shown = excerpt('\u001b[31m\u009b31m\u202e');
    assert.deepEqual(
      ['\u001b', '\u009b', '\u202e'].filter((mark) => shown.includes(mark)),
      [],
    );
  });
});

describe('ConversionError', () => {
  it('begins with its field', () => {
    const error = new ConversionError('spec.node', 'is missing');
    assert.deepEqual(
      [error.message, error.field, error.name],
      ['spec.node: is missing', 'spec.node', 'ConversionError'],
    );
  });
});
