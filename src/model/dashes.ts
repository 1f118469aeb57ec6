import { Buffer } from 'node:buffer';

// Every endpoint that comes has its dashes halved once, and each change told doubles them: through bytes that is three times as fast as
// `replaceAll`, which took a tenth of writing an update.

const DASH = 45;
const MAX_LATIN1 = 255;
const MAX_LENGTH = 512;
const codes = Buffer.alloc(2 * MAX_LENGTH);

/** As `text.replaceAll('-', '--')`. */
export function doubleDashes(text: string): string {
  if (text.length > MAX_LENGTH) return text.replaceAll('-', '--');
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > MAX_LATIN1) return text.replaceAll('-', '--');
    codes[length++] = code;
    if (code === DASH) codes[length++] = DASH;
  }
  return codes.toString('latin1', 0, length);
}

/** As `text.replaceAll('--', '-')`. */
export function halveDashes(text: string): string {
  if (text.length > MAX_LENGTH) return text.replaceAll('--', '-');
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > MAX_LATIN1) return text.replaceAll('--', '-');
    codes[length++] = code;
    if (code === DASH && text.charCodeAt(i + 1) === DASH) i++;
  }
  return codes.toString('latin1', 0, length);
}
