import type { SliceEndpoint } from '../../src/model/endpoint-slice.ts';

/** A ready endpoint of which its slice says nothing else. */
export function sliceEndpoint(address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return {
    addresses: [address],
    ready: true,
    serving: undefined,
    terminating: undefined,
    hostname: '',
    nodeName: '',
    zone: '',
    targetRef: undefined,
    ...more,
  };
}
