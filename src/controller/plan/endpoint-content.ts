import type { ObjectReference, SliceEndpoint } from '../../model/endpoint-slice.ts';

/** The one address of an endpoint of ours. */
export function addressOf(endpoint: SliceEndpoint): string {
  return endpoint.addresses[0] ?? '';
}

/**
 * What a consumer of slices does with an endpoint: 2 = it gets traffic, 1 = it gets some only where nothing else is left
 * (terminating, still serving), 0 = none. `ready` unset means true (KEP-0752).
 */
export function health(endpoint: SliceEndpoint): 0 | 1 | 2 {
  if (endpoint.ready !== false) return 2;
  return endpoint.serving === true ? 1 : 0;
}

/** Whether all that we write of two endpoints is equal. */
export function sameEndpoint(a: SliceEndpoint, b: SliceEndpoint): boolean {
  if (a === b) return true;
  return (
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.hostname === b.hostname &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    sameAddresses(a.addresses, b.addresses) &&
    sameReference(a.targetRef, b.targetRef)
  );
}

function sameAddresses(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((address, i) => address === b[i]);
}

function sameReference(a: ObjectReference | undefined, b: ObjectReference | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return a.uid === b.uid && a.name === b.name && a.namespace === b.namespace && a.kind === b.kind;
}
