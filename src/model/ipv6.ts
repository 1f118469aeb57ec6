/** Eight 16-bit groups, the first one first. */
export type IPv6Groups = readonly number[];

const COLON = 58;

/**
 * The groups of an IPv6 address in any of its textual forms but the dotted one; undefined where it does not parse,
 * also with a zone or prefix length. Written by hand because every address of a dual-stack pod passes here: a parser
 * made of regular expressions (ipaddr.js) took 3 µs for each.
 */
export function parseIPv6(text: string): IPv6Groups | undefined {
  const groups: number[] = [];
  const leading = text.startsWith('::');
  let gap = leading ? 0 : -1;
  let at = leading ? 2 : 0;
  while (at < text.length) {
    const end = groupEnd(text, at);
    if (end === at || groups.length === 8) return undefined;
    groups.push(Number.parseInt(text.slice(at, end), 16));
    if (end === text.length) break;
    if (text.charCodeAt(end) !== COLON || end + 1 === text.length) return undefined;
    at = end + 1;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      at++;
    }
  }
  if (gap < 0) return groups.length === 8 ? groups : undefined;
  // RFC 4291 lets `::` stand for one group and more, so eight others leave it no room.
  if (groups.length === 8) return undefined;
  groups.splice(gap, 0, ...ZEROS.slice(groups.length));
  return groups;
}

const ZEROS: IPv6Groups = [0, 0, 0, 0, 0, 0, 0, 0];

/** Where up to four hexadecimal digits that start at `at` end. A fifth one is left for the caller to stumble over. */
function groupEnd(text: string, at: number): number {
  let end = at;
  while (end < at + 4 && isHexDigit(text.charCodeAt(end))) end++;
  return end;
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

/** The form of RFC 5952: lower case, the first longest run of two or more zero groups as `::`. */
export function formatIPv6(groups: IPv6Groups): string {
  let runAt = -1;
  let runLength = 1;
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > runLength) {
      runAt = from;
      runLength = to - from;
    }
    if (to > from) from = to;
  }
  if (runAt < 0) return hex(groups, 0, 8);
  return `${hex(groups, 0, runAt)}::${hex(groups, runAt + runLength, 8)}`;
}

function hex(groups: IPv6Groups, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += (i > from ? ':' : '') + (groups[i] ?? 0).toString(16);
  return text;
}
