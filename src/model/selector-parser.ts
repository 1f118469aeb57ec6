import { Buffer } from 'node:buffer';
import { SelectorError } from './selector-error.ts';
import { SelectorLexer } from './selector-lexer.ts';
import type { Punctuation, Token } from './selector-lexer.ts';
import type { Comparison, SelectorNode } from './selector-node.ts';

/** Nested parentheses beyond this are refused, since every level costs stack. Selectors in the field have a few. */
const MAX_DEPTH = 100;

const COMPARISONS: ReadonlySet<string> = new Set<Comparison>([
  '==',
  '!=',
  'contains',
  'starts with',
  'ends with',
]);

/** Reads a selector by recursive descent. Throws SelectorError. Empty or blank text is `all()`. */
export function parseSelectorNode(text: string): SelectorNode {
  return new SelectorParser(text).parse();
}

class SelectorParser {
  readonly #lexer: SelectorLexer;
  #token: Token;
  #depth = 0;

  constructor(text: string) {
    this.#lexer = new SelectorLexer(text);
    this.#token = this.#lexer.next();
  }

  parse(): SelectorNode {
    if (this.#accept('end')) return { op: 'all' };
    const node = this.#or();
    if (!this.#accept('end')) throw this.#unexpected('&&, || or the end');
    return node;
  }

  #or(): SelectorNode {
    const operands = [this.#and()];
    while (this.#accept('||')) operands.push(this.#and());
    return operands.length === 1 ? (operands[0] as SelectorNode) : { op: 'or', operands };
  }

  #and(): SelectorNode {
    const operands = [this.#operation()];
    while (this.#accept('&&')) operands.push(this.#operation());
    return operands.length === 1 ? (operands[0] as SelectorNode) : { op: 'and', operands };
  }

  /** A run of `!` collapses by parity; one before a parenthesis whose content is negated stays. */
  #operation(): SelectorNode {
    let negated = false;
    while (this.#accept('!')) negated = !negated;
    const operand = this.#operand();
    return negated ? { op: 'not', operand } : operand;
  }

  #operand(): SelectorNode {
    const token = this.#token;
    switch (token.type) {
      case 'all()':
      case 'global()':
        this.#advance();
        return { op: token.type === 'all()' ? 'all' : 'global' };
      case 'has()':
        this.#advance();
        return { op: 'has', label: token.label };
      case '(':
        return this.#parenthesis();
      case 'label':
        this.#advance();
        return this.#comparison(token.label);
      default:
        throw this.#unexpected('a label name, has(), all(), global(), ! or (');
    }
  }

  #parenthesis(): SelectorNode {
    if (++this.#depth > MAX_DEPTH) {
      throw new SelectorError(this.#token.at, `more than ${MAX_DEPTH} nested parentheses`);
    }
    this.#advance();
    const node = this.#or();
    if (!this.#accept(')')) throw this.#unexpected('&&, || or )');
    this.#depth--;
    return node;
  }

  #comparison(label: string): SelectorNode {
    const op = this.#token.type;
    if (op === 'in' || op === 'not in') {
      this.#advance();
      return { op, label, values: this.#set() };
    }
    if (!COMPARISONS.has(op)) throw this.#unexpected('an operator such as ==, !=, in or contains');
    this.#advance();
    return { op: op as Comparison, label, value: this.#string() };
  }

  #set(): readonly string[] {
    if (!this.#accept('{')) throw this.#unexpected('{');
    const values = new Set<string>();
    while (this.#token.type === 'string') {
      values.add(this.#string());
      if (!this.#accept(',')) break;
    }
    if (!this.#accept('}')) throw this.#unexpected(values.size === 0 ? 'a quoted string or }' : ', or }');
    return [...values].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  #string(): string {
    const token = this.#token;
    if (token.type !== 'string') throw this.#unexpected('a quoted string');
    this.#advance();
    return token.value;
  }

  #accept(type: Punctuation | 'end'): boolean {
    if (this.#token.type !== type) return false;
    this.#advance();
    return true;
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #unexpected(expected: string): SelectorError {
    const { type, at } = this.#token;
    const found = type === 'end' ? 'the end' : type === 'label' || type === 'string' ? `a ${type}` : type;
    return new SelectorError(at, `expected ${expected}, found ${found}`);
  }
}
