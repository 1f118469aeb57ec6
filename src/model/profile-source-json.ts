import { readKubernetesObject } from './kubernetes-metadata.ts';
import type { NamespaceFacts, ServiceAccountFacts } from './profile-from-kubernetes.ts';

/** Reads a Namespace. Throws ConversionError. */
export function namespaceFromJson(value: unknown): NamespaceFacts {
  const { meta, labels } = readKubernetesObject(value, false);
  const { name, uid, resourceVersion, created } = meta;
  return { name, uid, resourceVersion, created, labels };
}

/** Reads a ServiceAccount. Throws ConversionError. */
export function serviceAccountFromJson(value: unknown): ServiceAccountFacts {
  const { meta, labels } = readKubernetesObject(value, false);
  return { ...meta, labels };
}
