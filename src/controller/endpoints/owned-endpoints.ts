import type { ObjectReference } from '../../model/endpoint-slice.ts';

/** An address of a core/v1 Endpoints object. '' = not given. */
export interface EndpointsAddress {
  /** As it stands in the object; canonical where we write it. */
  readonly ip: string;
  readonly hostname: string;
  readonly nodeName: string;
  /** undefined also where nothing in it is set. `resourceVersion` and the like are neither read nor written. */
  readonly targetRef: ObjectReference | undefined;
}

export interface EndpointsPort {
  /** '' = unnamed. */
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** '' = not given. */
  readonly appProtocol: string;
}

/** Every address of a subset offers every port of it. No ports = a headless service without ports. */
export interface EndpointsSubset {
  readonly addresses: readonly EndpointsAddress[];
  readonly notReadyAddresses: readonly EndpointsAddress[];
  readonly ports: readonly EndpointsPort[];
}

/** A core/v1 Endpoints object of the local cluster, as the API server holds it. */
export interface OwnedEndpoints {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Annotation `federation.tigera.io/serviceSelector`; undefined = a foreign object, whose subsets are not kept here. */
  readonly selector: string | undefined;
  readonly subsets: readonly EndpointsSubset[];
  /** Label `endpointslice.kubernetes.io/skip-mirror: "true"`. */
  readonly skipsMirror: boolean;
  /** Annotation `fedsyncd.io/skip-mirror`: that label is ours. */
  readonly marked: boolean;
  /** Annotation `fedsyncd.io/skip-mirror-of`: the fingerprint of what was labelled. */
  readonly fingerprint: string | undefined;
  /** Annotation `endpoints.kubernetes.io/over-capacity`, whatever its value. */
  readonly overCapacity: string | undefined;
  /** Annotation `fedsyncd.io/address-origins` as text; undefined = absent. */
  readonly origins: string | undefined;
  /** The endpoints controller of Kubernetes has written it: its label `endpoints.kubernetes.io/managed-by` is there. */
  readonly byKubernetes: boolean;
  /** It has a deletionTimestamp. */
  readonly deleting: boolean;
  /** Why it cannot be read; '' = it was read. Then it is left alone like a foreign one. */
  readonly problem: string;
}
