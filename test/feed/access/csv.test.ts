import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CsvError, parseCsv } from '../../../src/feed/access/csv.ts';

const seed = Number(process.env['PBT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe(`parseCsv (PBT_SEED=${seed})`, () => {
  it('reads quotes, empty fields, blank lines and both line ends', () => {
    const text = '\ufeffa,b,,"c ""d"", e"\r\n\n x ,"two\nlines",\nlast';
    assert.deepEqual(parseCsv(text), [
      { line: 1, fields: ['a', 'b', '', 'c "d", e'] },
      { line: 3, fields: [' x ', 'two\nlines', ''] },
      { line: 5, fields: ['last'] },
    ]);
    assert.deepEqual(parseCsv(''), []);
    assert.deepEqual(parseCsv('\n\n'), []);
    assert.deepEqual(parseCsv(','), [{ line: 1, fields: ['', ''] }]);
  });

  it('names the line of a broken quote, not its content', () => {
    for (const text of ['ok\n"secret', 'ok\nsec"ret,b', 'ok\n"secret"x,b', 'ok\nsecret\rb']) {
      assert.throws(
        () => parseCsv(text),
        (error) =>
          error instanceof CsvError &&
          error.message.startsWith('line 2: ') &&
          !error.message.includes('secret'),
      );
    }
  });

  it('reads back what was written', () => {
    const record = fc.array(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') }), {
      minLength: 1,
      maxLength: 5,
    });
    const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(record, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (records, end) => {
        const kept = records.filter((fields) => fields.length > 1 || fields[0] !== '');
        const text = kept.map((fields) => fields.map(quoted).join(',')).join(end);
        assert.deepEqual(
          parseCsv(text).map(({ fields }) => fields),
          kept,
        );
      }),
      { seed, numRuns: 300 },
    );
  });

  it('takes any text: records or a CsvError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ') }), (text) => {
        try {
          parseCsv(text);
        } catch (error) {
          assert.ok(error instanceof CsvError);
        }
      }),
      { seed, numRuns: 500 },
    );
  });
});
