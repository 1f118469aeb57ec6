import type { EntryKey } from '../model/objects.ts';
import { parseWorkloadEndpointName, workloadEndpointName } from '../model/workload-endpoint-name.ts';
import type { WorkloadEndpointId } from '../model/workload-endpoint.ts';

/** The name of an object; of a WorkloadEndpoint, made from its parts. */
export function nameOf(key: EntryKey): string {
  return 'name' in key ? key.name : workloadEndpointName(key);
}

/** A key as the parts of a WorkloadEndpoint; undefined where its name has none. */
export function workloadIdOf(key: EntryKey): WorkloadEndpointId | undefined {
  if (!('name' in key)) return key;
  const parts = parseWorkloadEndpointName(key.name);
  return parts && { namespace: key.namespace, ...parts };
}
