import type { LabelSet } from './label-set.ts';
import type { ObjectMeta } from './object-meta.ts';

export type AddressType = 'IPv4' | 'IPv6' | 'FQDN';

export interface SlicePort {
  /** '' = unnamed. */
  readonly name: string;
  readonly protocol: string;
  /** undefined = all ports (KEP-0752). */
  readonly port: number | undefined;
  readonly appProtocol: string;
}

export interface ObjectReference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Conditions keep "not given" apart from false: `ready` unset means true to a consumer. */
export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly ready: boolean | undefined;
  readonly serving: boolean | undefined;
  readonly terminating: boolean | undefined;
  /** '' = not given; likewise nodeName and zone. */
  readonly hostname: string;
  readonly nodeName: string;
  readonly zone: string;
  readonly targetRef: ObjectReference | undefined;
}

/** A discovery.k8s.io/v1 EndpointSlice, or a part of a core/v1 Endpoints object in the same form. */
export interface EndpointSlice extends ObjectMeta {
  readonly kind: 'EndpointSlice';
  /** Name of the service it belongs to, in the same namespace: label `kubernetes.io/service-name`; '' = none. */
  readonly service: string;
  readonly labels: LabelSet;
  readonly addressType: AddressType;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}
