import {
  type EndpointOwner,
  NAMESPACE_LABEL,
  NAMESPACE_PREFIX,
  ORCHESTRATOR_LABEL,
  SERVICE_ACCOUNT_LABEL,
  SERVICE_ACCOUNT_PREFIX,
} from './endpoint-labels.ts';
import { LabelSet } from './label-set.ts';

/**
 * What `endpointLabels` gives for labels that are a LabelSet, and sorted therefore: the implicit labels, which are
 * sorted too, are merged in. With a map and a sort it cost more than the reading of a pod, and rolling updates bring
 * new labels all the time.
 */
export function mergeEndpointLabels({ keys, values }: LabelSet, owner: EndpointOwner): LabelSet {
  const implicit: [string, string][] = [
    [NAMESPACE_LABEL, owner.namespace],
    [ORCHESTRATOR_LABEL, owner.orchestrator],
  ];
  if (owner.serviceAccount !== '') implicit.push([SERVICE_ACCOUNT_LABEL, owner.serviceAccount]);
  const merged: [string, string][] = [];
  let next = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    let pair = implicit[next];
    while (pair !== undefined && pair[0] < key) {
      merged.push(pair);
      pair = implicit[++next];
    }
    const isOverridden = pair !== undefined && pair[0] === key;
    if (!isOverridden && !isOfProfile(key)) merged.push([key, values[i] as string]);
  }
  for (; next < implicit.length; next++) merged.push(implicit[next] as [string, string]);
  return LabelSet.of(merged);
}

function isOfProfile(key: string): boolean {
  return key.startsWith(NAMESPACE_PREFIX) || key.startsWith(SERVICE_ACCOUNT_PREFIX);
}
