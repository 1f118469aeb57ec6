/** Longer than any name of Kubernetes (253) or any WorkloadEndpoint's name (four of those, dashes doubled). */
const MAX_LENGTH = 2048;
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const FORBIDDEN = /[\u0000-\u0020\u007f/]/;

/**
 * Whether a name or namespace may enter the index. Far laxer than what Kubernetes and Calico allow: it only keeps
 * out what could make two keys look alike (NUL and `/` part them) or fill memory. Remotes are not trusted to validate.
 */
export function isObjectName(name: string): boolean {
  return name !== '' && name.length <= MAX_LENGTH && !FORBIDDEN.test(name);
}
