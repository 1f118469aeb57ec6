import { ConversionError } from '../../model/conversion-error.ts';
import { readSlicePort, readTargetRef } from '../../model/endpoint-slice-json.ts';
import type { ObjectReference } from '../../model/endpoint-slice.ts';
import {
  OVER_CAPACITY_ANNOTATION,
  SERVICE_SELECTOR_ANNOTATION,
  SKIP_MIRROR_FINGERPRINT,
  SKIP_MIRROR_LABEL,
  SKIP_MIRROR_MARK,
} from '../../model/federation.ts';
import { objectsField, pairsField, stringField } from '../../model/json-field.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { readKubernetesObject } from '../../model/kubernetes-metadata.ts';
import type { KubernetesObject } from '../../model/kubernetes-metadata.ts';
import { ADDRESS_ORIGINS_ANNOTATION } from './address-origin.ts';
import type { EndpointsAddress, EndpointsPort, EndpointsSubset, OwnedEndpoints } from './owned-endpoints.ts';

/** Label of the objects that the endpoints controller of Kubernetes writes (from 1.33 on). */
export const KUBERNETES_MANAGED_LABEL = 'endpoints.kubernetes.io/managed-by';

/**
 * Reads a core/v1 Endpoints object. Without our annotation and our mark its subsets are not read. Throws ConversionError
 * where it has no name; what else cannot be read is told in `problem`.
 */
export function ownedEndpointsFromJson(value: unknown): OwnedEndpoints {
  const read = readKubernetesObject(value, true);
  const head = readHead(read);
  if (head.selector === undefined && !head.marked) return head;
  try {
    return { ...head, subsets: objectsField(read.object, 'subsets', '', readSubset) };
  } catch (error) {
    if (error instanceof ConversionError) return { ...head, problem: error.message };
    throw error;
  }
}

function readHead({ metadata, meta, labels }: KubernetesObject): OwnedEndpoints {
  const annotations = new Map(pairsField(metadata, 'annotations', 'metadata'));
  return {
    namespace: meta.namespace,
    name: meta.name,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    selector: annotations.get(SERVICE_SELECTOR_ANNOTATION),
    subsets: [],
    skipsMirror: labels.get(SKIP_MIRROR_LABEL) === 'true',
    marked: annotations.has(SKIP_MIRROR_MARK),
    fingerprint: annotations.get(SKIP_MIRROR_FINGERPRINT),
    overCapacity: annotations.get(OVER_CAPACITY_ANNOTATION),
    origins: annotations.get(ADDRESS_ORIGINS_ANNOTATION),
    byKubernetes: labels.has(KUBERNETES_MANAGED_LABEL),
    deleting: stringField(metadata, 'deletionTimestamp', 'metadata') !== '',
    problem: '',
  };
}

function readSubset(item: JsonObject, path: string): EndpointsSubset {
  return {
    addresses: objectsField(item, 'addresses', path, readAddress),
    notReadyAddresses: objectsField(item, 'notReadyAddresses', path, readAddress),
    ports: objectsField(item, 'ports', path, readPort),
  };
}

function readAddress(item: JsonObject, path: string): EndpointsAddress {
  return {
    ip: stringField(item, 'ip', path),
    hostname: stringField(item, 'hostname', path),
    nodeName: stringField(item, 'nodeName', path),
    targetRef: given(readTargetRef(item, path)),
  };
}

function given(reference: ObjectReference | undefined): ObjectReference | undefined {
  const filled = Object.values(reference ?? {}).some((text) => text !== '');
  return filled ? reference : undefined;
}

function readPort(item: JsonObject, path: string): EndpointsPort {
  const { name, protocol, port, appProtocol } = readSlicePort(item, path);
  return { name, protocol, port: port ?? 0, appProtocol };
}
