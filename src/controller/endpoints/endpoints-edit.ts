import type { Rank } from '../../model/edit-rank.ts';
import type { EndpointsSubset, OwnedEndpoints } from './owned-endpoints.ts';

/** Everything of an Endpoints object that we decide. What others added to it stays. */
export interface EndpointsContent {
  readonly namespace: string;
  /** That of the Service. */
  readonly name: string;
  /** The annotation's value, as the Service has it. */
  readonly selector: string;
  /** In canonical layout. */
  readonly subsets: readonly EndpointsSubset[];
  /** Some addresses did not fit. */
  readonly truncated: boolean;
  /** Text of the annotation `fedsyncd.io/address-origins`; undefined = none. */
  readonly origins: string | undefined;
}

/**
 * One write of one Endpoints object. `label` takes it away from the mirroring controller (take-over) and remembers what
 * was labelled; phase 2 as for slices: only when all of phase 1 of the service was accepted.
 */
export type EndpointsEdit = { readonly phase: 1 | 2; readonly rank: Rank } & (
  | { readonly op: 'create'; readonly content: EndpointsContent }
  | { readonly op: 'update'; readonly content: EndpointsContent; readonly of: OwnedEndpoints }
  | { readonly op: 'delete'; readonly of: OwnedEndpoints }
  | { readonly op: 'label'; readonly fingerprint: string; readonly of: OwnedEndpoints }
);
