import { ConversionError, excerpt } from './conversion-error.ts';
import type {
  AddressType,
  EndpointSlice,
  ObjectReference,
  SliceEndpoint,
  SlicePort,
} from './endpoint-slice.ts';
import {
  booleanField,
  objectField,
  objectsField,
  portField,
  stringField,
  stringsField,
} from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import { readKubernetesObject } from './kubernetes-metadata.ts';
import { usableSliceAddresses } from './slice-address.ts';

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Reads a discovery.k8s.io/v1 EndpointSlice. Endpoints without a usable address are left out. Throws ConversionError. */
export function endpointSliceFromJson(value: unknown): EndpointSlice {
  const { object, meta, labels } = readKubernetesObject(value, true);
  const addressType = readAddressType(stringField(object, 'addressType', ''));
  const usable = (addresses: readonly string[]): readonly string[] =>
    usableSliceAddresses(addressType, addresses);
  const endpoints = objectsField(object, 'endpoints', '', (item, path) =>
    readSliceEndpoint(item, path, usable),
  );
  return {
    kind: 'EndpointSlice',
    ...meta,
    service: labels.get(SERVICE_NAME_LABEL) ?? '',
    labels,
    addressType,
    ports: objectsField(object, 'ports', '', readSlicePort),
    endpoints: endpoints.filter((endpoint) => endpoint.addresses.length > 0),
  };
}

/** A port of an EndpointSlice or of an Endpoints object. */
export function readSlicePort(item: JsonObject, path: string): SlicePort {
  return {
    name: stringField(item, 'name', path),
    protocol: stringField(item, 'protocol', path) || 'TCP',
    port: portField(item, 'port', path),
    appProtocol: stringField(item, 'appProtocol', path),
  };
}

export function readTargetRef(item: JsonObject, path: string): ObjectReference | undefined {
  const reference = objectField(item, 'targetRef', path);
  if (reference === undefined) return undefined;
  const at = `${path}.targetRef`;
  return {
    kind: stringField(reference, 'kind', at),
    namespace: stringField(reference, 'namespace', at),
    name: stringField(reference, 'name', at),
    uid: stringField(reference, 'uid', at),
  };
}

function readAddressType(text: string): AddressType {
  if (text === 'IPv4' || text === 'IPv6' || text === 'FQDN') return text;
  throw new ConversionError('addressType', `${excerpt(text)} is none of IPv4, IPv6, FQDN`);
}

/** An endpoint of an EndpointSlice, with those of its addresses that `usable` leaves. */
export function readSliceEndpoint(
  item: JsonObject,
  path: string,
  usable: (addresses: readonly string[]) => readonly string[],
): SliceEndpoint {
  const conditions = objectField(item, 'conditions', path) ?? {};
  const at = `${path}.conditions`;
  return {
    addresses: usable(stringsField(item, 'addresses', path)),
    ready: booleanField(conditions, 'ready', at),
    serving: booleanField(conditions, 'serving', at),
    terminating: booleanField(conditions, 'terminating', at),
    hostname: stringField(item, 'hostname', path),
    nodeName: stringField(item, 'nodeName', path),
    zone: stringField(item, 'zone', path),
    targetRef: readTargetRef(item, path),
  };
}
