import { ConversionError, excerpt } from './conversion-error.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Each byte value with its bits in reverse order, in hex. */
const REVERSED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) reversed |= 0x80 >> bit;
  return reversed.toString(16).padStart(2, '0');
});

/** Version and variant stay, so that the result is a valid UUID again. */
const KEPT_BYTES: ReadonlySet<number> = new Set([6, 8]);

/**
 * The UID that Calico shows for an object that it derives from a Kubernetes object with this UID: the bits of each
 * byte reversed, but for bytes 6 and 8. Applying it twice gives the input in lower case. Throws ConversionError
 * for anything but a UUID in its usual 36 characters.
 */
export function reverseUid(uid: string, field = 'metadata.uid'): string {
  if (!UUID.test(uid)) throw new ConversionError(field, `${excerpt(uid)} is not a UUID`);
  let out = '';
  let byte = 0;
  for (let i = 0; i < uid.length; i += 2) {
    if (uid[i] === '-') {
      out += '-';
      i++;
    }
    const hex = uid.slice(i, i + 2);
    out += KEPT_BYTES.has(byte) ? hex.toLowerCase() : REVERSED[Number.parseInt(hex, 16)];
    byte++;
  }
  return out;
}
