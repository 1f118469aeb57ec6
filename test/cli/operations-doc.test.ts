import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { OPERATIONS, generate } from '../../tools/docs.ts';

describe('docs/operations.md', () => {
  const page = readFileSync(OPERATIONS, 'utf8');

  it('is what the code says now (else: npm run docs)', async () => {
    assert.equal(page, await generate(page));
  });

  it('cannot lose a section unseen', async () => {
    await assert.rejects(
      generate(page.replace('<!-- end of metrics -->', '')),
      /markers of "metrics" are missing/,
    );
  });
});
