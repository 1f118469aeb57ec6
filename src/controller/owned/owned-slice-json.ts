import { ConversionError } from '../../model/conversion-error.ts';
import type { AddressType, SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import { readSliceEndpoint, readSlicePort, SERVICE_NAME_LABEL } from '../../model/endpoint-slice-json.ts';
import {
  clusterLabelValue,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  REMOTE_CLUSTER_LABEL,
  type SourceCluster,
} from '../../model/federation.ts';
import {
  asObject,
  type JsonObject,
  objectField,
  objectsField,
  requiredString,
  stringField,
} from '../../model/json-field.ts';
import { readOwner, type SliceOwner } from './slice-owner.ts';
import { clusterAnnotation } from './slice-to-json.ts';
import type { OwnedSlice } from './owned-slice.ts';

/** What we write of an endpoint; anything else in it (hints, deprecatedTopology) is somebody else's. */
const ENDPOINT_FIELDS: ReadonlySet<string> = new Set([
  'addresses',
  'conditions',
  'hostname',
  'nodeName',
  'zone',
  'targetRef',
]);
const CONDITIONS: ReadonlySet<string> = new Set(['ready', 'serving', 'terminating']);
const REFERENCE_FIELDS: ReadonlySet<string> = new Set(['kind', 'namespace', 'name', 'uid']);
const PORT_FIELDS: ReadonlySet<string> = new Set(['name', 'protocol', 'port', 'appProtocol']);

/** Whether an object carries our managed-by label. Others are never touched. */
export function isOurs(object: JsonObject): boolean {
  try {
    const labels = objectField(objectField(object, 'metadata', '') ?? {}, 'labels', 'metadata') ?? {};
    return stringField(labels, MANAGED_BY_LABEL, '') === MANAGED_BY;
  } catch {
    return false;
  }
}

/**
 * Reads an EndpointSlice that carries our managed-by label, with exactly what it says: no address is left out. What cannot be read
 * of labels, ports and endpoints counts as absent and makes the slice not intact, so that it can be repaired or deleted. Throws
 * ConversionError where it cannot be told which object it is: namespace, name, uid, resourceVersion, addressType.
 */
export function ownedSliceFromJson(value: unknown): OwnedSlice {
  const object = asObject(value, 'the object');
  const metadata = objectField(object, 'metadata', '') ?? {};
  const required = (key: string): string => requiredString(metadata, key, 'metadata');
  const { isExact, ...labelled } = readLabels(metadata);
  const owner = attempt(() => readOwner(metadata));
  const data = readData(object);
  return {
    namespace: required('namespace'),
    name: required('name'),
    uid: required('uid'),
    resourceVersion: required('resourceVersion'),
    ...labelled,
    ownerUid: owner?.uid ?? '',
    family: readFamily(object),
    ports: data.ports,
    endpoints: data.endpoints,
    intact: isExact && data.isExact && isOwnedBy(owner, labelled.service),
    deleting: attempt(() => stringField(metadata, 'deletionTimestamp', 'metadata')) !== '',
  };
}

/** The service that a slice is of: by its label, else by its owner, else ''. */
export function serviceOf(object: JsonObject, slice: OwnedSlice): string {
  if (slice.service !== '') return slice.service;
  return attempt(() => readOwner(objectField(object, 'metadata', '') ?? {}))?.name ?? '';
}

/** Something read, and whether all of it is as we write it. */
interface Reading<T> {
  readonly value: T;
  readonly isExact: boolean;
}

function isOwnedBy(owner: SliceOwner | undefined, service: string): boolean {
  return owner !== undefined && owner.isExact && service !== '' && owner.name === service;
}

function readFamily(object: JsonObject): AddressType {
  const family = requiredString(object, 'addressType', '');
  if (family === 'IPv4' || family === 'IPv6' || family === 'FQDN') return family;
  throw new ConversionError('addressType', 'is none of IPv4, IPv6, FQDN');
}

type Labelled = Pick<OwnedSlice, 'service' | 'cluster'> & { readonly isExact: boolean };

function readLabels(metadata: JsonObject): Labelled {
  const labels = attempt(() => objectField(metadata, 'labels', 'metadata')) ?? {};
  const service = attempt(() => stringField(labels, SERVICE_NAME_LABEL, 'metadata.labels')) ?? '';
  const isManaged = attempt(() => stringField(labels, MANAGED_BY_LABEL, 'metadata.labels')) === MANAGED_BY;
  const cluster = attempt(() => readCluster(metadata, labels));
  return { service, cluster: cluster?.value ?? null, isExact: isManaged && cluster?.isExact === true };
}

function readCluster(metadata: JsonObject, labels: JsonObject): Reading<SourceCluster> {
  const label = stringField(labels, REMOTE_CLUSTER_LABEL, 'metadata.labels');
  const annotations = objectField(metadata, 'annotations', 'metadata') ?? {};
  const annotation = stringField(annotations, REMOTE_CLUSTER_LABEL, 'metadata.annotations');
  const isAnnotated = Object.hasOwn(annotations, REMOTE_CLUSTER_LABEL);
  const isLong = clusterAnnotation(annotation) !== null;
  const isTold = isLong && clusterLabelValue(annotation) === label;
  // A label that is not the annotation's digest is another cluster's; where there is none the annotation still tells.
  if (isTold || (isLong && label === '')) return { value: annotation, isExact: isTold };
  const isLabelled = Object.hasOwn(labels, REMOTE_CLUSTER_LABEL);
  return { value: label === '' ? null : label, isExact: !isAnnotated && isLabelled === (label !== '') };
}

/** What cannot be read is as good as empty, and never exact. */
function readData(
  object: JsonObject,
): Pick<OwnedSlice, 'ports' | 'endpoints'> & { readonly isExact: boolean } {
  const ports = attempt(() => objectsField(object, 'ports', '', readPort));
  const endpoints = attempt(() => objectsField(object, 'endpoints', '', readEndpoint));
  const isExact = ports?.every((port) => port.isExact) && endpoints?.every((endpoint) => endpoint.isExact);
  return {
    ports: ports?.map(({ value }) => value) ?? [],
    endpoints: endpoints?.map(({ value }) => value) ?? [],
    isExact: isExact === true,
  };
}

function readPort(item: JsonObject, path: string): Reading<SlicePort> {
  return { value: readSlicePort(item, path), isExact: hasOnly(item, PORT_FIELDS) };
}

function readEndpoint(item: JsonObject, path: string): Reading<SliceEndpoint> {
  const value = readSliceEndpoint(item, path, (addresses) => addresses);
  const conditions = objectField(item, 'conditions', path) ?? {};
  const reference = objectField(item, 'targetRef', path) ?? {};
  const isExact =
    hasOnly(item, ENDPOINT_FIELDS) && hasOnly(conditions, CONDITIONS) && hasOnly(reference, REFERENCE_FIELDS);
  return { value, isExact };
}

function hasOnly(object: JsonObject, fields: ReadonlySet<string>): boolean {
  for (const field in object) if (!fields.has(field)) return false;
  return true;
}

/** undefined where it cannot be read. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConversionError) return undefined;
    throw error;
  }
}
