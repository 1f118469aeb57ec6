import { SERVICE_NAME_LABEL } from '../../model/endpoint-slice-json.ts';
import { labelKeyProblems, labelValueProblems } from './label-syntax.ts';
import { parseInteger } from './label-requirement.ts';
import type { LabelOperator, LabelRequirement } from './label-requirement.ts';
import { selectorTokens } from './label-selector-lexer.ts';
import type { SelectorToken } from './label-selector-lexer.ts';
import { SelectorError } from './selector-error.ts';

/** The names that the API server's message gives them. */
const OPERATORS = 'in, notin, =, ==, !=, gt, lt';
const BINARY: ReadonlyMap<string, LabelOperator> = new Map([
  ['in', 'in'],
  ['notin', 'notin'],
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['>', 'gt'],
  ['<', 'lt'],
]);
const END: SelectorToken = { type: 'end', text: '' };
/** A merged name of a service is longer than what Kubernetes allows a label; it must be possible to ask for it. */
const MAX_SERVICE_NAME = 253;

/** One use. The messages are the API server's (apimachinery pkg/labels), so that clients show what their users know. */
export class LabelSelectorParser {
  readonly #tokens: readonly SelectorToken[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = selectorTokens(text);
  }

  /** Throws SelectorError. */
  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.#next.type === 'end') return requirements;
    if (!this.#startsRequirement) throw found(this.#next, ", expected: !, identifier, or 'end of string'");
    for (;;) {
      requirements.push(this.#requirement());
      const after = this.#take();
      if (after.type === 'end') return requirements;
      if (after.text !== ',') throw found(after, ", expected: ',' or 'end of string'");
      if (!this.#startsRequirement) throw found(this.#next, ", expected: identifier after ','");
    }
  }

  get #next(): SelectorToken {
    return this.#tokens[this.#at] ?? END;
  }

  get #startsRequirement(): boolean {
    const { type, text } = this.#next;
    return type === 'word' || text === '!';
  }

  get #endsRequirement(): boolean {
    const { type, text } = this.#next;
    return type === 'end' || text === ',';
  }

  #take(): SelectorToken {
    const token = this.#next;
    this.#at++;
    return token;
  }

  #requirement(): LabelRequirement {
    try {
      const isAbsent = this.#next.text === '!';
      if (isAbsent) this.#take();
      const key = this.#key();
      if (isAbsent) return { key, operator: '!', values: [] };
      if (this.#endsRequirement) return { key, operator: 'exists', values: [] };
      const operator = this.#operator();
      const isSet = operator === 'in' || operator === 'notin';
      const values = [...new Set(isSet ? this.#values() : [this.#value()])].sort();
      checkValues(key, operator, values);
      return { key, operator, values };
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`, { cause: error });
    }
  }

  #key(): string {
    const token = this.#take();
    if (token.type !== 'word') throw found(token, ', expected: identifier');
    const problems = labelKeyProblems(token.text);
    if (problems.length > 0) throw new SelectorError(invalid('<nil>', token.text, problems.join('; ')));
    return token.text;
  }

  #operator(): LabelOperator {
    const token = this.#take();
    const operator = BINARY.get(token.text);
    if (operator === undefined) throw found(token, `, expected: ${OPERATORS}`);
    return operator;
  }

  #value(): string {
    if (this.#endsRequirement) return '';
    const token = this.#take();
    if (token.type !== 'word') throw found(token, ', expected: identifier');
    return token.text;
  }

  /** `(a,b)`; a place between commas or brackets with nothing in it is the empty value. */
  #values(): string[] {
    const open = this.#take();
    if (open.text !== '(') throw found(open, " expected: '('");
    if (!this.#isWordOr(',', ')')) throw found(this.#next, ", expected: ',', ')' or identifier");
    const values: string[] = [];
    for (;;) {
      values.push(this.#next.type === 'word' ? this.#take().text : '');
      if (!this.#isWordOr(',', ')') || this.#next.type === 'word') {
        throw found(this.#next, ", expected: ',' or ')'");
      }
      if (this.#take().text === ')') return values;
      if (!this.#isWordOr(',', ')')) throw found(this.#next, ", expected: ',', or identifier");
    }
  }

  #isWordOr(...symbols: readonly string[]): boolean {
    const { type, text } = this.#next;
    return type === 'word' || (type === 'symbol' && symbols.includes(text));
  }
}

function checkValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  const problems = new Set<string>();
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && parseInteger(value) === undefined) {
      problems.add(invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
  });
  values.forEach((value, i) => {
    const found = labelValueProblems(value, key === SERVICE_NAME_LABEL ? MAX_SERVICE_NAME : undefined);
    if (found.length > 0) problems.add(invalid(`values[${i}][${key}]`, value, found.join('; ')));
  });
  const all = [...problems].join(', ');
  if (problems.size > 0) throw new SelectorError(problems.size === 1 ? all : `[${all}]`);
}

function found({ text }: SelectorToken, expectation: string): SelectorError {
  return new SelectorError(`found '${text}'${expectation}`);
}

function invalid(field: string, value: string, problem: string): string {
  return `${field}: Invalid value: ${JSON.stringify(value)}: ${problem}`;
}
