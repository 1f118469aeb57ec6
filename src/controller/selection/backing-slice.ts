import { MANAGED_BY, MANAGED_BY_LABEL } from '../../model/federation.ts';
import type { EndpointSlice } from '../../model/endpoint-slice.ts';

/** What we have written ourselves never backs a service, in no cluster. */
export function isBackingSlice(slice: EndpointSlice): boolean {
  return slice.labels.get(MANAGED_BY_LABEL) !== MANAGED_BY;
}
