import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { anchors, codeSpans, pages, prose, root } from './pages.ts';

/** Folders whose paths in `code` are paths of this project. */
const PROJECT_PATH =
  /^(?:src|test|tools|docs|bench|manifests|\.ci)\/[\w./-]+$|^(?:package|tsconfig)\.json$|^Dockerfile$/;
/** In a page about `src/`, the paths below it are written without it. */
const ROOM_PATH =
  /^(?:adapters|sync|index|model|contract|runtime|telemetry|config|simulator|cli)\/[\w/-]+\.ts$/;

for (const { path, text } of pages) {
  describe(path, () => {
    it('has no dead link', () => {
      for (const [, target = ''] of prose(text).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const pointed = file === '' ? path : normalize(join(dirname(path), file));
        assert.ok(existsSync(join(root, pointed)), `${target} leads nowhere`);
        if (anchor === undefined) continue;
        const there = anchors(readFileSync(join(root, pointed), 'utf8'));
        assert.ok(there.has(anchor), `${pointed} has no heading #${anchor}`);
      }
    });

    it('names only files that are there', () => {
      for (const span of codeSpans(text)) {
        if (PROJECT_PATH.test(span)) assert.ok(existsSync(join(root, span)), `${span} does not exist`);
        if (ROOM_PATH.test(span))
          assert.ok(existsSync(join(root, 'src', span)), `src/${span} does not exist`);
      }
    });

    it('names only tests that are there', () => {
      for (const [, file = '', title = ''] of text.matchAll(/`(test\/[\w./-]+\.ts)` "([^"]+)"/g)) {
        const wanted = title.replaceAll('\\*', '*');
        assert.ok(readFileSync(join(root, file), 'utf8').includes(wanted), `${file} has no test "${wanted}"`);
      }
    });
  });
}
