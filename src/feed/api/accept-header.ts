/** One range of an `Accept` header. */
export interface AcceptRange {
  /** Lower case, without parameters: `application/json`, `*`/`*`. */
  readonly type: string;
  readonly subtype: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Ranges beyond are not looked at: no client of the API sends a dozen. */
const MAX_RANGES = 32;

/**
 * The ranges of an `Accept` header, the client's favourite first: by `q`, equal ones in the order given. Unreadable ranges and
 * those with `q=0` are left out. An absent or empty header accepts everything.
 */
export function parseAccept(header: string): readonly AcceptRange[] {
  if (header.trim() === '') return [ANYTHING];
  return header
    .split(',', MAX_RANGES)
    .map(parseRange)
    .filter((range) => range !== undefined)
    .sort((a, b) => b.q - a.q);
}

const ANYTHING: AcceptRange = { type: '*', subtype: '*', parameters: new Map() };

function parseRange(text: string): (AcceptRange & { readonly q: number }) | undefined {
  const [media = '', ...rest] = text.split(';').map((part) => part.trim());
  const [type, subtype, ...more] = media.toLowerCase().split('/');
  if (!type || !subtype || more.length > 0) return undefined;
  const parameters = new Map<string, string>();
  let q = 1;
  for (const part of rest) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? '' : unquoted(part.slice(equals + 1).trim());
    if (name === 'q') q = quality(value);
    else if (name !== '') parameters.set(name, value);
  }
  return q > 0 ? { type, subtype, parameters, q } : undefined;
}

function quality(text: string): number {
  const q = Number(text);
  return text !== '' && q >= 0 && q <= 1 ? q : 1;
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
