import { LabelSet } from './label-set.ts';

export const NAMESPACE_LABEL = 'projectcalico.org/namespace';
export const ORCHESTRATOR_LABEL = 'projectcalico.org/orchestrator';
export const SERVICE_ACCOUNT_LABEL = 'projectcalico.org/serviceaccount';
/** Prefixes of labels that come from a namespace or a service account through a profile. */
export const NAMESPACE_PREFIX = 'pcns.';
export const SERVICE_ACCOUNT_PREFIX = 'pcsa.';

export interface EndpointOwner {
  readonly namespace: string;
  readonly orchestrator: string;
  /** '' = none: a `projectcalico.org/serviceaccount` label of its own then stays, as in Calico. */
  readonly serviceAccount: string;
}

/**
 * The labels of a WorkloadEndpoint as Felix sees them: its own without keys that start with `pcns.` or `pcsa.`
 * (an endpoint must not pass for one of another namespace), and Calico's implicit ones, which always win.
 */
export function endpointLabels(own: Iterable<readonly [string, string]>, owner: EndpointOwner): LabelSet {
  const labels = new Map<string, string>();
  for (const [key, value] of own) {
    if (!key.startsWith(NAMESPACE_PREFIX) && !key.startsWith(SERVICE_ACCOUNT_PREFIX)) labels.set(key, value);
  }
  labels.set(NAMESPACE_LABEL, owner.namespace);
  labels.set(ORCHESTRATOR_LABEL, owner.orchestrator);
  if (owner.serviceAccount !== '') labels.set(SERVICE_ACCOUNT_LABEL, owner.serviceAccount);
  return LabelSet.of(labels);
}
