import type { AddressType, SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';

/** An EndpointSlice of the local cluster that carries our managed-by label, as the API server holds it. */
export interface OwnedSlice {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Label `kubernetes.io/service-name`; '' = none. */
  readonly service: string;
  /** UID of the owning Service; '' where the owner reference is not there. */
  readonly ownerUid: string;
  /** By our cluster label, or its annotation where the name is too long for a label. */
  readonly cluster: SourceCluster;
  readonly family: AddressType;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
  /**
   * False where something that we decide is not as we write it, beyond ports and endpoints: an owner reference, a label of
   * ours, a field of an endpoint that we never write (hints). Then it is written again whatever ports and endpoints say.
   */
  readonly intact: boolean;
  /** It has a deletionTimestamp: it serves nobody for long. */
  readonly deleting: boolean;
}
