import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ARCHITECTURE, FEED, OPERATIONS, generate } from '../../tools/docs.ts';
import { root } from './pages.ts';

describe('tables that are made from the code', () => {
  for (const file of [OPERATIONS, ARCHITECTURE, FEED]) {
    it(`${file.slice(root.length + 1)} is what the code says now`, async () => {
      const text = readFileSync(file, 'utf8').split('\n');
      const made = (await generate(text.join('\n'), file)).split('\n');
      const at = made.findIndex((line, i) => line !== text[i]);
      assert.ok(
        at < 0 && made.length === text.length,
        `npm run docs; line ${at + 1} should be:\n${made[at]}`,
      );
    });
  }

  it('cannot lose a section unseen', async () => {
    for (const [file, marker] of [
      [OPERATIONS, '<!-- end of metrics -->'],
      [ARCHITECTURE, '<!-- rooms:end -->'],
    ] as const) {
      const text = readFileSync(file, 'utf8').replace(marker, '');
      await assert.rejects(generate(text, file), /the markers .* are missing/);
    }
  });
});
