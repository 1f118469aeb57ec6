import { excerpt } from './conversion-error.ts';
import { SelectorError } from './selector-error.ts';

export type Punctuation = '==' | '!=' | '!' | '&&' | '||' | '(' | ')' | '{' | '}' | ',';
export type OperatorWord = 'contains' | 'starts with' | 'ends with' | 'not in' | 'in';

export type Token =
  | { readonly type: Punctuation | OperatorWord | 'all()' | 'global()' | 'end'; readonly at: number }
  | { readonly type: 'label' | 'has()'; readonly label: string; readonly at: number }
  | { readonly type: 'string'; readonly value: string; readonly at: number };

const MAX_LABEL = 512;
const BLANK = /[ \t]*/y;
const IDENTIFIER = /[A-Za-z0-9_./-]+/y;
const PUNCTUATION = /==|!=|!|&&|\|\||[(){},]/y;
/** After a label only these words count, so that labels may have the names of operators. */
const WORD = /(?:(contains)|(starts)[ \t]*with|(ends)[ \t]*with|(not)[ \t]*in|(in))(?![A-Za-z0-9_./-])/y;
const WORDS: readonly OperatorWord[] = ['contains', 'starts with', 'ends with', 'not in', 'in'];
const FUNCTION = /(has|all|global)\(/y;

/** Splits a selector into tokens one by one, in linear time. Throws SelectorError. */
export class SelectorLexer {
  readonly #text: string;
  #at = 0;
  #afterLabel = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#match(BLANK);
    const token = this.#scan(this.#at);
    this.#afterLabel = token.type === 'label';
    return token;
  }

  #scan(at: number): Token {
    if (at >= this.#text.length) return { type: 'end', at };
    const quote = this.#text[at];
    if (quote === '"' || quote === "'") return this.#string(quote, at);
    const punctuation = this.#match(PUNCTUATION)?.[0];
    if (punctuation !== undefined) return { type: punctuation as Punctuation, at };
    return this.#afterLabel ? this.#operator(at) : this.#operand(at);
  }

  #string(quote: string, at: number): Token {
    const end = this.#text.indexOf(quote, at + 1);
    if (end < 0) throw new SelectorError(at, `the string has no closing ${quote}`);
    this.#at = end + 1;
    return { type: 'string', value: this.#text.slice(at + 1, end), at };
  }

  #operator(at: number): Token {
    const groups = this.#match(WORD);
    const word = groups && WORDS.find((_, i) => groups[i + 1] !== undefined);
    if (!word) throw this.#unexpected(at, 'an operator such as ==, !=, in or contains');
    return { type: word, at };
  }

  #operand(at: number): Token {
    const call = this.#match(FUNCTION)?.[1];
    if (call === undefined) return { type: 'label', label: this.#label(at), at };
    this.#match(BLANK);
    const label = call === 'has' ? this.#label(this.#at) : '';
    this.#match(BLANK);
    if (this.#text[this.#at] !== ')') throw this.#unexpected(this.#at, `the ")" of ${call}(`);
    this.#at++;
    if (call === 'has') return { type: 'has()', label, at };
    return { type: call === 'all' ? 'all()' : 'global()', at };
  }

  #label(at: number): string {
    const label = this.#match(IDENTIFIER)?.[0];
    if (label === undefined) throw this.#unexpected(at, 'a label name, has(), all(), global(), ! or (');
    if (label.length > MAX_LABEL) {
      throw new SelectorError(at, `the label name is longer than ${MAX_LABEL} characters`);
    }
    return label;
  }

  #unexpected(at: number, expected: string): SelectorError {
    const found = at >= this.#text.length ? 'the end' : excerpt(this.#text.slice(at, at + 20));
    return new SelectorError(at, `expected ${expected}, found ${found}`);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }
}
