import { printable } from '../model/printable.ts';

/** Rows as aligned text with a frame, as Typha's health endpoints answer. Cells become harmless single lines. */
export function framedTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map(printable));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const [head = '', ...body] = cells.map(
    (row) => `|${widths.map((width, column) => ` ${(row[column] ?? '').padEnd(width)} `).join('|')}|`,
  );
  return [rule, head, rule, ...body, rule, ''].join('\n');
}
