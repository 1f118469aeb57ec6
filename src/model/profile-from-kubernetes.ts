import { ConversionError, excerpt } from './conversion-error.ts';
import { NAMESPACE_PREFIX, SERVICE_ACCOUNT_PREFIX } from './endpoint-labels.ts';
import { LabelSet } from './label-set.ts';
import { isObjectName } from './object-name.ts';
import type { NamespacedName, Profile } from './objects.ts';
import { reverseUid } from './uid.ts';

/** The fields of a Namespace that decide its profile. */
export interface NamespaceFacts {
  readonly name: string;
  /** As Kubernetes gives it. */
  readonly uid: string;
  readonly labels: LabelSet;
  readonly resourceVersion: string;
  /** Milliseconds since the epoch; 0 = unknown. */
  readonly created: number;
}

/** The fields of a ServiceAccount that decide its profile. */
export interface ServiceAccountFacts extends NamespaceFacts {
  /** '' counts as `default`. */
  readonly namespace: string;
}

export function namespaceProfileName(namespace: string): string {
  return `kns.${namespace}`;
}

export function serviceAccountProfileName(namespace: string, serviceAccount: string): string {
  return `ksa.${namespace === '' ? 'default' : namespace}.${serviceAccount}`;
}

/** The profile `kns.<namespace>`. Throws ConversionError where name or UID are unusable. */
export function namespaceProfile(facts: NamespaceFacts): Profile {
  return profile(facts, namespaceProfileName(facts.name), NAMESPACE_PREFIX, `${facts.resourceVersion}/`);
}

/** The profile `ksa.<namespace>.<service account>`. Throws ConversionError where name or UID are unusable. */
export function serviceAccountProfile(facts: ServiceAccountFacts): Profile {
  const name = serviceAccountProfileName(facts.namespace, facts.name);
  return profile(facts, name, SERVICE_ACCOUNT_PREFIX, `/${facts.resourceVersion}`);
}

/** The key of a Namespace's profile, for its deletion. */
export function namespaceProfileKey(namespace: string): NamespacedName {
  return { namespace: '', name: namespaceProfileName(namespace) };
}

/** The key of a ServiceAccount's profile, for its deletion. */
export function serviceAccountProfileKey(namespace: string, serviceAccount: string): NamespacedName {
  return { namespace: '', name: serviceAccountProfileName(namespace, serviceAccount) };
}

function profile(facts: NamespaceFacts, name: string, prefix: string, resourceVersion: string): Profile {
  if (!isObjectName(name))
    throw new ConversionError('metadata.name', `${excerpt(facts.name)} is not a valid name`);
  const labels = new Map<string, string>();
  for (const [key, value] of facts.labels.entries()) labels.set(prefix + key, value);
  // Last, so that a label of that name cannot give another name.
  labels.set(`${prefix}projectcalico.org/name`, facts.name);
  return {
    kind: 'Profile',
    namespace: '',
    name,
    uid: reverseUid(facts.uid),
    resourceVersion,
    created: facts.created,
    labelsToApply: LabelSet.of(labels),
  };
}
