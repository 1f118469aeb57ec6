import type { EndpointSlice, ObjectReference, SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import { ipFamilies, shownSelector, shownTargetPort } from './core-objects-json.ts';
import { writeObjectMeta } from './proto-meta.ts';
import { ProtoWriter } from './proto-writer.ts';
import { prefixOf, underCluster } from './shown-identity.ts';

// Field numbers: generated.proto of k8s.io/api core/v1 and discovery/v1.

/**
 * The message of a Service, EndpointSlice or Namespace, byte for byte as Kubernetes encodes what `objectJson` says. Throws for any
 * other kind: Kubernetes has no protobuf for them.
 */
export function encodeProtobuf(object: FeedObject, view: FeedView, resourceVersion: string): Buffer {
  writer.clear();
  writeBody(object, prefixOf(object, view));
  writer.message(1, () => writeObjectMeta(writer, object, view, resourceVersion));
  return writer.take();
}

/** The message `meta/v1 PartialObjectMetadata` of any kind. */
export function encodePartialProtobuf(object: FeedObject, view: FeedView, resourceVersion: string): Buffer {
  writer.clear();
  writer.message(1, () => writeObjectMeta(writer, object, view, resourceVersion));
  return writer.take();
}

const writer = new ProtoWriter();

function writeBody({ content }: FeedObject, cluster: string | undefined): void {
  if (content.kind === 'Service') writeService(content, cluster);
  else if (content.kind === 'EndpointSlice') writeSlice(content, cluster);
  else if (content.kind === 'Namespace') writeNamespace();
  else throw new Error(`there is no protobuf of a ${content.kind}`);
}

function writeNamespace(): void {
  writer.message(3, () => writer.text(1, 'Active'));
  writer.message(2, () => undefined);
}

function writeService(service: Service, cluster: string | undefined): void {
  // status.loadBalancer
  writer.message(3, () => writer.message(1, () => undefined));
  writer.message(2, () => {
    writer.texts(19, ipFamilies(service));
    writer.texts(18, service.clusterIPs);
    writer.boolean(13, service.publishNotReadyAddresses);
    writer.integer(12, 0);
    writer.text(11, '');
    writer.text(10, service.externalName);
    writer.text(8, '');
    writer.text(7, service.sessionAffinity);
    writer.text(4, service.type);
    writer.text(3, service.clusterIPs[0] ?? '');
    writer.map(
      2,
      [...shownSelector(service, cluster)].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    writer.messages(1, service.ports, writeServicePort);
  });
}

function writeServicePort(port: ServicePort): void {
  const target = shownTargetPort(port);
  const isNumber = typeof target === 'number';
  if (port.appProtocol !== '') writer.text(6, port.appProtocol);
  writer.integer(5, 0);
  writer.message(4, () => {
    writer.text(3, isNumber ? '' : target);
    writer.integer(2, isNumber ? target : 0);
    writer.integer(1, isNumber ? 0 : 1);
  });
  writer.integer(3, port.port);
  writer.text(2, port.protocol);
  writer.text(1, port.name);
}

function writeSlice(slice: EndpointSlice, cluster: string | undefined): void {
  writer.text(4, slice.addressType);
  writer.messages(3, slice.ports, writeSlicePort);
  writer.messages(2, slice.endpoints, (endpoint) => writeEndpoint(endpoint, cluster));
}

function writeSlicePort({ name, protocol, port, appProtocol }: SlicePort): void {
  if (appProtocol !== '') writer.text(4, appProtocol);
  if (port !== undefined) writer.integer(3, port);
  writer.text(2, protocol);
  writer.text(1, name);
}

function writeEndpoint(endpoint: SliceEndpoint, cluster: string | undefined): void {
  const { hostname, nodeName, zone, targetRef } = endpoint;
  if (zone !== '') writer.text(7, zone);
  if (nodeName !== '') writer.text(6, underCluster(cluster, nodeName));
  if (targetRef !== undefined) writer.message(4, () => writeReference(targetRef, cluster));
  if (hostname !== '') writer.text(3, hostname);
  writer.message(2, () => writeConditions(endpoint));
  writer.texts(1, endpoint.addresses);
}

function writeConditions({ ready, serving, terminating }: SliceEndpoint): void {
  if (terminating !== undefined) writer.boolean(3, terminating);
  if (serving !== undefined) writer.boolean(2, serving);
  if (ready !== undefined) writer.boolean(1, ready);
}

function writeReference({ kind, namespace, name, uid }: ObjectReference, cluster: string | undefined): void {
  for (const field of [7, 6, 5]) writer.text(field, '');
  writer.text(4, uid);
  writer.text(3, underCluster(cluster, name));
  writer.text(2, namespace);
  writer.text(1, kind);
}
