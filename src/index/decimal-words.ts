const BILLION = 1e9;
const MAX_DIGITS = 19;

/**
 * Reads a decimal number below 4 * 10^18, without leading zeros, as two words: out[0] * 10^9 + out[1]. False, with
 * `out` undefined, for any other text. Resource versions are opaque, but nearly all are such numbers.
 */
export function packDecimal(text: string, out: Uint32Array): boolean {
  const length = text.length;
  if (length === 0 || length > MAX_DIGITS || (length > 1 && text.charCodeAt(0) === 48)) return false;
  const split = length > 9 ? length - 9 : 0;
  let high = 0;
  let low = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return false;
    if (i < split) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  if (high > 0xfffffffe) return false;
  out[0] = high;
  out[1] = low;
  return true;
}

export function formatDecimal(high: number, low: number): string {
  if (high === 0) return String(low);
  if (high < 9_000_000) return String(high * BILLION + low);
  return String(high) + String(low).padStart(9, '0');
}
