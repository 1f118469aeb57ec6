import { sameEndpoint } from '../plan/endpoint-content.ts';
import { samePorts } from '../plan/set-key.ts';
import type { OwnedSlice } from './owned-slice.ts';

/** Whether two states of one object are equal for the plan: all but the resourceVersion. */
export function sameSlice(a: OwnedSlice, b: OwnedSlice): boolean {
  return (
    a.uid === b.uid &&
    a.service === b.service &&
    a.ownerUid === b.ownerUid &&
    a.cluster === b.cluster &&
    a.family === b.family &&
    a.intact === b.intact &&
    a.deleting === b.deleting &&
    samePorts(a.ports, b.ports) &&
    sameEndpoints(a, b)
  );
}

export function sameEndpoints(a: OwnedSlice, b: OwnedSlice): boolean {
  if (a.endpoints === b.endpoints) return true;
  return (
    a.endpoints.length === b.endpoints.length &&
    a.endpoints.every((endpoint, i) => {
      const other = b.endpoints[i];
      return other !== undefined && sameEndpoint(endpoint, other);
    })
  );
}
