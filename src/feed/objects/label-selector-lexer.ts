/** A symbol, or a word: key, value, `in`, `notin`. The last token is the end, with an empty text. */
export interface SelectorToken {
  readonly type: 'word' | 'symbol' | 'end';
  readonly text: string;
}

const TOKEN = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^=!(),<> \t\r\n]+))/y;

/** A label selector as tokens. Nothing is refused here: every text is tokens and blanks. */
export function selectorTokens(text: string): SelectorToken[] {
  const tokens: SelectorToken[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [, symbol, word] = match;
    tokens.push(word === undefined ? { type: 'symbol', text: symbol ?? '' } : { type: 'word', text: word });
  }
  tokens.push({ type: 'end', text: '' });
  return tokens;
}
