import {
  OVER_CAPACITY_ANNOTATION,
  SERVICE_SELECTOR_ANNOTATION,
  SKIP_MIRROR_FINGERPRINT,
  SKIP_MIRROR_LABEL,
  SKIP_MIRROR_MARK,
} from '../../model/federation.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { ADDRESS_ORIGINS_ANNOTATION } from './address-origin.ts';
import type { EndpointsContent } from './endpoints-edit.ts';
import { KUBERNETES_MANAGED_LABEL } from './owned-endpoints-json.ts';
import type { EndpointsAddress, EndpointsPort, EndpointsSubset, OwnedEndpoints } from './owned-endpoints.ts';

/** The whole object. */
export function endpointsToCreate(content: EndpointsContent): JsonObject {
  const { namespace, name, subsets } = content;
  const annotations = Object.fromEntries(annotationsOf(content).filter(([, value]) => value !== null));
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { namespace, name, annotations },
    subsets: subsets.map(subsetToJson),
  };
}

/**
 * A merge patch that leaves what others added. It gives the object back to the mirroring controller where we had taken it
 * away. UID and resourceVersion are the precondition.
 */
export function endpointsToPatch(content: EndpointsContent, of: OwnedEndpoints): JsonObject {
  const annotations = {
    ...Object.fromEntries(annotationsOf(content)),
    [SKIP_MIRROR_MARK]: null,
    [SKIP_MIRROR_FINGERPRINT]: null,
  };
  const labels = {
    // Set by the endpoints controller of Kubernetes while the service had a selector; it is not true any more.
    [KUBERNETES_MANAGED_LABEL]: null,
    ...(of.marked ? { [SKIP_MIRROR_LABEL]: null } : {}),
  };
  return {
    metadata: { ...precondition(of), annotations, labels },
    subsets: content.subsets.map(subsetToJson),
  };
}

/** A merge patch that takes the object away from the mirroring controller and marks that it was us. */
export function endpointsToLabel(fingerprint: string, of: OwnedEndpoints): JsonObject {
  const annotations = { [SKIP_MIRROR_MARK]: 'true', [SKIP_MIRROR_FINGERPRINT]: fingerprint };
  return { metadata: { ...precondition(of), labels: { [SKIP_MIRROR_LABEL]: 'true' }, annotations } };
}

/** `/api/v1/namespaces/shop/endpoints` */
export function endpointsCollectionPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/endpoints`;
}

export function endpointsPath(object: { readonly namespace: string; readonly name: string }): string {
  return `${endpointsCollectionPath(object.namespace)}/${encodeURIComponent(object.name)}`;
}

function precondition({ uid, resourceVersion }: OwnedEndpoints): JsonObject {
  return { uid, resourceVersion };
}

/** null = must not be there. */
function annotationsOf(content: EndpointsContent): (readonly [string, string | null])[] {
  return [
    [SERVICE_SELECTOR_ANNOTATION, content.selector],
    [OVER_CAPACITY_ANNOTATION, content.truncated ? 'truncated' : null],
    [ADDRESS_ORIGINS_ANNOTATION, content.origins ?? null],
  ];
}

/** Lists that are empty are left out, as Kubernetes does. */
function subsetToJson({ addresses, notReadyAddresses, ports }: EndpointsSubset): JsonObject {
  return {
    ...(addresses.length > 0 ? { addresses: addresses.map(addressToJson) } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses: notReadyAddresses.map(addressToJson) } : {}),
    ...(ports.length > 0 ? { ports: ports.map(portToJson) } : {}),
  };
}

function addressToJson({ ip, hostname, nodeName, targetRef }: EndpointsAddress): JsonObject {
  return {
    ip,
    ...given({ hostname, nodeName }),
    ...(targetRef === undefined ? {} : { targetRef: given({ ...targetRef }) }),
  };
}

function portToJson({ name, protocol, port, appProtocol }: EndpointsPort): JsonObject {
  return { ...given({ name }), port, protocol, ...given({ appProtocol }) };
}

function given(fields: Readonly<Record<string, string>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== ''));
}
