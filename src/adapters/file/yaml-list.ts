/** One item of a list, with the line that it begins at (the first is 1). */
export interface ListItem {
  readonly text: string;
  readonly line: number;
}

export interface ListText {
  /** Everything but the items: `apiVersion`, `kind`, `metadata`. */
  readonly head: string;
  readonly items: readonly ListItem[];
}

/**
 * Cuts a YAML document as `kubectl get … -o yaml` writes it (`items:` at the margin, each item with its dash at the
 * margin) into its items, so that a large export can be read item by item. undefined where the text has any other
 * form; no judgement on the YAML of an item is made here.
 */
export function splitYamlList(text: string): ListText | undefined {
  const lines = text.split('\n');
  const start = lines.indexOf('items:');
  if (start < 0 || lines.some(isSpecial)) return undefined;
  const items: { lines: string[]; line: number }[] = [];
  let at = start + 1;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    // The dash is part of the item's indentation.
    if (line.startsWith('- ')) items.push({ lines: [`  ${line.slice(2)}`], line: at + 1 });
    else if (line === '' || line.startsWith('  ')) items.at(-1)?.lines.push(line);
    else break;
  }
  if (items.length === 0) return undefined;
  const head = [...lines.slice(0, start), ...lines.slice(at)];
  if (head.some((line) => line === 'items:' || line.startsWith('-'))) return undefined;
  return {
    head: head.join('\n'),
    items: items.map((item) => ({ text: item.lines.join('\n'), line: item.line })),
  };
}

/** Markers of documents, directives and tabs at the margin: what begins so is no plain single document. */
function isSpecial(line: string): boolean {
  return line.startsWith('---') || line.startsWith('...') || line.startsWith('%') || line.startsWith('\t');
}
