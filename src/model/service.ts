import type { LabelSet } from './label-set.ts';
import type { ObjectMeta } from './object-meta.ts';

export interface ServicePort {
  /** '' = unnamed. */
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** A number in decimal or a port name; '' = not given. */
  readonly targetPort: string;
  readonly appProtocol: string;
}

/** A core/v1 Service, as much of it as federation and the feed need. */
export interface Service extends ObjectMeta {
  readonly kind: 'Service';
  readonly labels: LabelSet;
  /** Only annotations whose key starts with `federation.tigera.io/` or `fedsyncd.io/`. */
  readonly annotations: LabelSet;
  /** `ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`. */
  readonly type: string;
  /** Canonical addresses, or `None` alone for a headless service. */
  readonly clusterIPs: readonly string[];
  readonly externalName: string;
  readonly selector: LabelSet;
  readonly ports: readonly ServicePort[];
  readonly publishNotReadyAddresses: boolean;
  /** `None` or `ClientIP`. */
  readonly sessionAffinity: string;
}
