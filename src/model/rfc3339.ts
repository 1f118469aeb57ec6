import { ConversionError, excerpt } from './conversion-error.ts';

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Milliseconds since the epoch of an RFC 3339 time; 0 (unknown) for ''. Fractions below a millisecond are cut.
 * Throws ConversionError that names `field`.
 */
export function parseTime(text: string, field = 'time'): number {
  if (text === '') return 0;
  const time = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new ConversionError(field, `${excerpt(text)} is not an RFC 3339 time`);
  return time;
}
