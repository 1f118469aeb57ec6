const DECIMAL = /^[1-9]\d*$/;

/**
 * Whether one resourceVersion is newer than another of the same collection: both are decimal numbers of any length (KEP-5504).
 * What is not a number counts as newer: better read twice than missed.
 */
export function isNewer(version: string, than: string): boolean {
  if (!DECIMAL.test(version) || !DECIMAL.test(than)) return version !== than;
  // Without leading zeros the longer number is the greater; no BigInt is made per event.
  if (version.length !== than.length) return version.length > than.length;
  return version > than;
}
