import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** A Markdown page of this project. */
export interface Page {
  /** From the root of the project: `docs/operations.md`. */
  readonly path: string;
  readonly text: string;
}

/** All pages that people read, in the order of their paths. */
export const pages: readonly Page[] = globSync('**/*.md', {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|dist|\.git)$/.test(path),
})
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

export function page(path: string): Page {
  const found = pages.find((candidate) => candidate.path === path);
  if (found === undefined) throw new RangeError(`there is no page ${path}`);
  return found;
}

/** The text without fenced blocks, which hold commands and output and no Markdown. */
export function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '');
}

/** The fenced blocks of one language. */
export function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, is, body = '']) =>
    is === language ? [body] : [],
  );
}

/** Every `inline code`, fenced blocks aside. */
export function codeSpans(text: string): readonly string[] {
  return [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The anchors of a page. */
export function anchors(text: string): ReadonlySet<string> {
  return new Set([...prose(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}
