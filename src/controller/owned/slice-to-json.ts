import type { SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import { SERVICE_NAME_LABEL } from '../../model/endpoint-slice-json.ts';
import {
  clusterLabelValue,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  REMOTE_CLUSTER_LABEL,
  type SourceCluster,
} from '../../model/federation.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { SliceContent } from '../plan/edit.ts';
import type { OwnedSlice } from './owned-slice.ts';

/*
 * The label `service.kubernetes.io/headless` is not set, unlike on the slices of Kubernetes' own controller: it spares kube-proxy
 * the slices of headless services, which it ignores by the Service as well.
 */

/** The whole object, for POST. */
export function sliceToCreate(content: SliceContent): JsonObject {
  const { namespace, name, cluster } = content;
  const annotation = clusterAnnotation(cluster);
  const label = cluster === null ? {} : { [REMOTE_CLUSTER_LABEL]: clusterLabelValue(cluster) };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name,
      labels: { ...ownLabels(content), ...label },
      ...(annotation === null ? {} : { annotations: { [REMOTE_CLUSTER_LABEL]: annotation } }),
      ownerReferences: [ownerReference(content)],
    },
    addressType: content.family,
    ...data(content),
  };
}

/**
 * A JSON merge patch that makes `of` hold the content, if it still has its resourceVersion. Labels and annotations of others stay;
 * ports, endpoints and owner references are replaced whole. `addressType` cannot be changed and is not named.
 */
export function sliceToPatch(content: SliceContent, of: OwnedSlice): JsonObject {
  const { cluster } = content;
  return {
    metadata: {
      resourceVersion: of.resourceVersion,
      labels: {
        ...ownLabels(content),
        [REMOTE_CLUSTER_LABEL]: cluster === null ? null : clusterLabelValue(cluster),
      },
      annotations: { [REMOTE_CLUSTER_LABEL]: clusterAnnotation(cluster) },
      ownerReferences: [ownerReference(content)],
    },
    ...data(content),
  };
}

/** The annotation beside the cluster label: the full name where the label cannot hold it; null = there is none. */
export function clusterAnnotation(cluster: SourceCluster): string | null {
  return cluster === null || clusterLabelValue(cluster) === cluster ? null : cluster;
}

function ownLabels({ service }: SliceContent): JsonObject {
  return { [SERVICE_NAME_LABEL]: service, [MANAGED_BY_LABEL]: MANAGED_BY };
}

/** Without blockOwnerDeletion: that would take a right on the Service's finalizers where the admission plugin asks for it. */
function ownerReference({ service, serviceUid }: SliceContent): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', name: service, uid: serviceUid, controller: true };
}

function data({ ports, endpoints }: SliceContent): JsonObject {
  return { ports: ports.map(portToJson), endpoints: endpoints.map(endpointToJson) };
}

function portToJson({ name, protocol, port, appProtocol }: SlicePort): JsonObject {
  return {
    ...given('name', name),
    protocol,
    ...(port === undefined ? {} : { port }),
    ...given('appProtocol', appProtocol),
  };
}

function endpointToJson(endpoint: SliceEndpoint): JsonObject {
  const { addresses, ready, serving, terminating, hostname, nodeName, zone, targetRef } = endpoint;
  return {
    addresses,
    conditions: {
      ...(ready === undefined ? {} : { ready }),
      ...(serving === undefined ? {} : { serving }),
      ...(terminating === undefined ? {} : { terminating }),
    },
    ...given('hostname', hostname),
    ...given('nodeName', nodeName),
    ...given('zone', zone),
    ...(targetRef === undefined
      ? {}
      : {
          targetRef: {
            ...given('kind', targetRef.kind),
            ...given('namespace', targetRef.namespace),
            ...given('name', targetRef.name),
            ...given('uid', targetRef.uid),
          },
        }),
  };
}

/** Kubernetes leaves empty strings out. */
function given(key: string, value: string): JsonObject {
  return value === '' ? {} : { [key]: value };
}
