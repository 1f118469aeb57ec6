import { createHash } from 'node:crypto';

/** A Service's annotation that makes it federated: a Calico selector over the labels of services. */
export const SERVICE_SELECTOR_ANNOTATION = 'federation.tigera.io/serviceSelector';
/** Implicit label of every remote service and of the objects made from one: the name of its RCC. Absent on local ones. */
export const REMOTE_CLUSTER_LABEL = 'federation.tigera.io/remoteClusterName';
/** Implicit label of every service in selectors: its namespace. */
export const NAMESPACE_LABEL = 'projectcalico.org/namespace';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
/** The value of MANAGED_BY_LABEL on what the federated services controller writes. */
export const MANAGED_BY = 'federated-services.fedsyncd.io';
/** On an Endpoints object: the mirroring controller of Kubernetes makes no EndpointSlices of it (KEP-0752). */
export const SKIP_MIRROR_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
/**
 * Annotation that says, with the value `true`, that SKIP_MIRROR_LABEL was set by us: written and taken away together with
 * the label, so that one which somebody else set is left alone.
 */
export const SKIP_MIRROR_MARK = 'fedsyncd.io/skip-mirror';
/** Beside SKIP_MIRROR_MARK: the fingerprint of the Endpoints object that was labelled, to see whether somebody rewrites it. */
export const SKIP_MIRROR_FINGERPRINT = 'fedsyncd.io/skip-mirror-of';
export const OVER_CAPACITY_ANNOTATION = 'endpoints.kubernetes.io/over-capacity';

/** How the local cluster is shown where a remote one would be named. No RCC can have this name. */
export const LOCAL_CLUSTER_TEXT = '(local)';

/** Where endpoints come from: the name of an RCC; null = the local cluster. */
export type SourceCluster = string | null;

const MAX_LABEL_VALUE = 63;
const KEPT = 52;

/**
 * A cluster's name as a label value, which holds 63 characters: a longer name is its first 52, `-` and 10 hex digits of
 * its SHA-256. Then the full name is in an annotation of the same key.
 */
export function clusterLabelValue(cluster: string): string {
  if (cluster.length <= MAX_LABEL_VALUE) return cluster;
  const digest = createHash('sha256').update(cluster).digest('hex').slice(0, 10);
  return `${cluster.slice(0, KEPT)}-${digest}`;
}

export function showCluster(cluster: SourceCluster): string {
  return cluster ?? LOCAL_CLUSTER_TEXT;
}
