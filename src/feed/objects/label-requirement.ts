export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, each once; one for `=`, `==`, `!=`, `gt`, `lt`; none for `exists` and `!`. */
  readonly values: readonly string[];
}

/** Whether a label with this value, undefined = no such label, is what the requirement asks for. */
export function isMet({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value);
    // An object without the label is none with that value.
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default:
      return isOrdered(operator, value, values[0]);
  }
}

function isOrdered(operator: 'gt' | 'lt', value: string | undefined, limit: string | undefined): boolean {
  const left = parseInteger(value);
  const right = parseInteger(limit);
  if (left === undefined || right === undefined) return false;
  return operator === 'gt' ? left > right : left < right;
}

const MAX = 2n ** 63n;

/** A signed 64-bit decimal; undefined for anything else. */
export function parseInteger(text: string | undefined): bigint | undefined {
  // The length keeps a huge label from being converted; leading zeros are allowed as in Go.
  if (text === undefined || text.length > 64 || !/^[-+]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value >= -MAX && value < MAX ? value : undefined;
}
