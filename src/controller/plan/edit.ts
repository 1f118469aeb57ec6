import type { SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { Rank } from '../../model/edit-rank.ts';
import type { OwnedSlice } from '../owned/owned-slice.ts';

/** Everything of an EndpointSlice that we decide. */
export interface SliceContent {
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  readonly serviceUid: string;
  readonly cluster: SourceCluster;
  readonly family: 'IPv4' | 'IPv6';
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

/**
 * One write of one slice. Phase 2 takes away what phase 1 has put elsewhere: it may start only when every edit of phase 1
 * of the same service was accepted, so that an endpoint that moves is never missing.
 */
export type Edit = { readonly phase: 1 | 2; readonly rank: Rank } & (
  | { readonly op: 'create'; readonly content: SliceContent }
  | { readonly op: 'update'; readonly content: SliceContent; readonly of: OwnedSlice }
  | { readonly op: 'delete'; readonly of: OwnedSlice }
);
