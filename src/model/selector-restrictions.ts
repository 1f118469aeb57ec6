import type { SelectorNode } from './selector-node.ts';

/** What a label must satisfy in every label set that the selector matches. */
export interface LabelRestriction {
  readonly mustBePresent: boolean;
  readonly mustBeAbsent: boolean;
  /** undefined = any value; empty = contradictory, nothing can match. */
  readonly mustHaveOneOfValues: readonly string[] | undefined;
}

export type LabelRestrictions = ReadonlyMap<string, LabelRestriction>;

const NONE: LabelRestrictions = new Map();
const PRESENT: LabelRestriction = {
  mustBePresent: true,
  mustBeAbsent: false,
  mustHaveOneOfValues: undefined,
};
const ABSENT: LabelRestriction = { mustBePresent: false, mustBeAbsent: true, mustHaveOneOfValues: undefined };

/** Lower bounds as in Calico's label index: what is not listed is not restricted. */
export function restrictionsOf(node: SelectorNode): LabelRestrictions {
  switch (node.op) {
    case '==':
      return new Map([[node.label, { ...PRESENT, mustHaveOneOfValues: [node.value] }]]);
    case 'in':
      return new Map([[node.label, { ...PRESENT, mustHaveOneOfValues: node.values }]]);
    case 'has':
    case 'contains':
    case 'starts with':
    case 'ends with':
      return new Map([[node.label, PRESENT]]);
    case 'not':
      return negated(node.operand);
    case 'and':
      return all(node.operands.map(restrictionsOf));
    case 'or':
      return any(node.operands.map(restrictionsOf));
    default:
      return NONE;
  }
}

/** Only `has` is worth following through a negation: `!=` and `not in` restrict nothing. */
function negated(operand: SelectorNode): LabelRestrictions {
  if (operand.op === 'has') return new Map([[operand.label, ABSENT]]);
  return operand.op === 'not' ? restrictionsOf(operand.operand) : NONE;
}

/** AND: every operand's bounds hold. */
function all(operands: readonly LabelRestrictions[]): LabelRestrictions {
  const merged = new Map<string, LabelRestriction>();
  for (const operand of operands) {
    for (const [label, right] of operand) {
      const left = merged.get(label);
      merged.set(label, left === undefined ? right : bothOf(left, right));
    }
  }
  return merged;
}

function bothOf(a: LabelRestriction, b: LabelRestriction): LabelRestriction {
  const values = a.mustHaveOneOfValues;
  const others = b.mustHaveOneOfValues;
  return {
    mustBePresent: a.mustBePresent || b.mustBePresent,
    mustBeAbsent: a.mustBeAbsent || b.mustBeAbsent,
    mustHaveOneOfValues:
      values === undefined || others === undefined ? (values ?? others) : intersection(values, others),
  };
}

function intersection(a: readonly string[], b: readonly string[]): readonly string[] {
  const others = new Set(b);
  return a.filter((value) => others.has(value));
}

/** OR: only what every operand demands. All at once, since chains of thousands of `==` occur. */
function any([first = NONE, ...others]: readonly LabelRestrictions[]): LabelRestrictions {
  const merged = new Map<string, LabelRestriction>();
  for (const [label, own] of first) {
    const bounds = [own];
    for (const other of others) {
      const bound = other.get(label);
      if (bound !== undefined) bounds.push(bound);
    }
    const mustBePresent = bounds.every((bound) => bound.mustBePresent);
    const mustBeAbsent = bounds.every((bound) => bound.mustBeAbsent);
    if (bounds.length <= others.length || !(mustBePresent || mustBeAbsent)) continue;
    merged.set(label, { mustBePresent, mustBeAbsent, mustHaveOneOfValues: union(bounds) });
  }
  return merged;
}

function union(bounds: readonly LabelRestriction[]): readonly string[] | undefined {
  const values = new Set<string>();
  for (const { mustHaveOneOfValues } of bounds) {
    if (mustHaveOneOfValues === undefined) return undefined;
    for (const value of mustHaveOneOfValues) values.add(value);
  }
  return [...values];
}
