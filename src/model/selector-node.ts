/** A parsed selector as a tree. Set members are sorted by their UTF-8 bytes, without duplicates. */
export type SelectorNode =
  | { readonly op: 'all' | 'global' }
  | { readonly op: 'has'; readonly label: string }
  | { readonly op: Comparison; readonly label: string; readonly value: string }
  | { readonly op: 'in' | 'not in'; readonly label: string; readonly values: readonly string[] }
  | { readonly op: 'not'; readonly operand: SelectorNode }
  | { readonly op: 'and' | 'or'; readonly operands: readonly SelectorNode[] };

export type Comparison = '==' | '!=' | 'contains' | 'starts with' | 'ends with';

/** Anything that labels can be looked up in. */
export interface LabelReader {
  get(key: string): string | undefined;
}

/**
 * The canonical text: AND and OR always in parentheses, double quotes unless the value holds one. Equal for two
 * texts exactly where Calico's is.
 */
export function printSelector(node: SelectorNode): string {
  switch (node.op) {
    case 'all':
    case 'global':
      return `${node.op}()`;
    case 'has':
      return `has(${node.label})`;
    case 'in':
    case 'not in':
      return `${node.label} ${node.op} {${node.values.map(quote).join(', ')}}`;
    case 'not':
      return `!${printSelector(node.operand)}`;
    case 'and':
    case 'or':
      return `(${node.operands.map(printSelector).join(node.op === 'and' ? ' && ' : ' || ')})`;
    default:
      return `${node.label} ${node.op} ${quote(node.value)}`;
  }
}

function quote(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** The same tree with `rename` applied to every label name, those of `has` included. */
export function renameLabels(node: SelectorNode, rename: (label: string) => string): SelectorNode {
  switch (node.op) {
    case 'all':
    case 'global':
      return node;
    case 'not':
      return { op: node.op, operand: renameLabels(node.operand, rename) };
    case 'and':
    case 'or':
      return { op: node.op, operands: node.operands.map((operand) => renameLabels(operand, rename)) };
    default:
      return { ...node, label: rename(node.label) };
  }
}

/**
 * The tree as one function: selectors are evaluated on many label sets. UTF-16 and byte-wise comparison agree, since
 * both sides are well-formed. An absent label matches `!=` and `not in` only.
 */
export function compileSelector(node: SelectorNode): (labels: LabelReader) => boolean {
  switch (node.op) {
    case 'all':
    case 'global':
      // global() only means something where a policy's namespaceSelector is rewritten; evaluated, it matches.
      return () => true;
    case 'has':
      return (labels) => labels.get(node.label) !== undefined;
    case 'in':
    case 'not in':
      return compileSet(node.label, new Set(node.values), node.op === 'in');
    case 'not': {
      const operand = compileSelector(node.operand);
      return (labels) => !operand(labels);
    }
    case 'and': {
      const operands = node.operands.map(compileSelector);
      return (labels) => operands.every((operand) => operand(labels));
    }
    case 'or': {
      const operands = node.operands.map(compileSelector);
      return (labels) => operands.some((operand) => operand(labels));
    }
    default:
      return compileComparison(node.op, node.label, node.value);
  }
}

function compileSet(label: string, values: ReadonlySet<string>, wanted: boolean) {
  return (labels: LabelReader): boolean => {
    const value = labels.get(label);
    return (value !== undefined && values.has(value)) === wanted;
  };
}

function compileComparison(op: Comparison, label: string, wanted: string) {
  switch (op) {
    case '==':
      return (labels: LabelReader): boolean => labels.get(label) === wanted;
    case '!=':
      return (labels: LabelReader): boolean => labels.get(label) !== wanted;
    case 'contains':
      return (labels: LabelReader): boolean => labels.get(label)?.includes(wanted) ?? false;
    case 'starts with':
      return (labels: LabelReader): boolean => labels.get(label)?.startsWith(wanted) ?? false;
    case 'ends with':
      return (labels: LabelReader): boolean => labels.get(label)?.endsWith(wanted) ?? false;
  }
}
