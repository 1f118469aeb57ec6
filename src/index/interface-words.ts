const PREFIX = 'cali';
const DIGITS = 11;
/** Distinguishes `cali00000000000` from ''. */
const PACKED = 0x80000000;

/**
 * Calico's name of a pod's interface, `cali` and eleven hex digits, as two words; '' is two zeros. False, with `out`
 * undefined, for any other name. Nearly every endpoint of an etcd datastore has such a name of its own.
 */
export function packInterface(name: string, out: Uint32Array): boolean {
  if (name === '') {
    out[0] = 0;
    out[1] = 0;
    return true;
  }
  if (name.length !== PREFIX.length + DIGITS || !name.startsWith(PREFIX)) return false;
  let high = 0;
  let low = 0;
  for (let i = PREFIX.length; i < name.length; i++) {
    const code = name.charCodeAt(i);
    let digit = code - 48;
    if (digit < 0 || digit > 9) {
      if (code < 97 || code > 102) return false;
      digit = code - 87;
    }
    if (i < PREFIX.length + 3) high = (high << 4) | digit;
    else low = (low << 4) | digit;
  }
  out[0] = high | PACKED;
  out[1] = low;
  return true;
}

/** What `packInterface` packed. */
export function formatInterface(high: number, low: number): string {
  if (high === 0 && low === 0) return '';
  return PREFIX + (high & 0xfff).toString(16).padStart(3, '0') + low.toString(16).padStart(8, '0');
}
