import { hash } from 'node:crypto';

/**
 * The host-side interface that Calico derives for a pod: prefix and the first 11 hex digits of
 * SHA-1(`<namespace>.<pod>`). `prefix` is the first item of FELIX_INTERFACEPREFIX, by default `cali`.
 */
export function podInterfaceName(prefix: string, namespace: string, pod: string): string {
  return prefix + hash('sha1', `${namespace}.${pod}`, 'hex').slice(0, 11);
}
