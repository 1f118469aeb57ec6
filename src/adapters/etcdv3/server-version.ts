/** The first patch of each minor that has the fix; minors above are safe, minors below are not. */
const SAFE_PROGRESS = new Map([
  [4, 25],
  [5, 8],
]);

/**
 * Whether a progress notification says that everything up to its revision was delivered. On other versions it may run ahead of
 * events that are still under way (etcd-io/etcd #15220), so it is a sign of life only. Unknown forms are not safe.
 */
export function hasSafeProgress(version: string): boolean {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (match === null) return false;
  const [major = 0, minor = 0, patch = 0] = match.slice(1).map(Number);
  if (major !== 3) return major > 3;
  const needed = SAFE_PROGRESS.get(minor);
  return needed === undefined ? minor > 5 : patch >= needed;
}
