/** C0 and C1 controls (escape sequences begin with them), line and paragraph separators, text direction marks. */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g;

/**
 * A text from elsewhere as one harmless line for a terminal or a page: what could move the cursor, colour the
 * screen or turn the reading direction becomes one blank.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, ' ');
}

/**
 * Indented JSON in which every such character is written as an escape: the same value to a program, harmless to a
 * terminal.
 */
export function printableJson(value: unknown): string {
  // JSON.stringify escapes C0 by itself; the line ends that are left are its own.
  const escape = (text: string): string =>
    text.replaceAll(/[^\n]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${JSON.stringify(value, null, 2).replaceAll(UNPRINTABLE, escape)}\n`;
}
