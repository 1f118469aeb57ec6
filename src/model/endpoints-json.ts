import { ConversionError } from './conversion-error.ts';
import type { AddressType, EndpointSlice, SliceEndpoint } from './endpoint-slice.ts';
import { readSlicePort, readTargetRef, SERVICE_NAME_LABEL } from './endpoint-slice-json.ts';
import { objectsField, stringField } from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import { readKubernetesObject } from './kubernetes-metadata.ts';
import { LabelSet } from './label-set.ts';
import { usableSliceAddresses } from './slice-address.ts';

/** More subsets than this are refused; real objects have one or two (one per set of ports). */
const MAX_SUBSETS = 32;
const FAMILIES = ['IPv4', 'IPv6'] as const;

/**
 * A core/v1 Endpoints object as slices, for servers where EndpointSlices cannot be read: one per subset and address
 * family that has addresses, named after `endpointsSliceNames`. Throws ConversionError.
 */
export function endpointsToSlices(value: unknown): EndpointSlice[] {
  const { object, meta, labels } = readKubernetesObject(value, true);
  const owned = LabelSet.of([...labels.entries(), [SERVICE_NAME_LABEL, meta.name]]);
  const subsets = objectsField(object, 'subsets', '', (item, path) => ({ item, path }));
  if (subsets.length > MAX_SUBSETS) throw new ConversionError('subsets', `are more than ${MAX_SUBSETS}`);
  return subsets.flatMap(({ item, path }, i) => {
    const ports = objectsField(item, 'ports', path, readSlicePort);
    return FAMILIES.map((addressType): EndpointSlice => {
      const name = sliceName(meta.name, i, addressType);
      const endpoints = readEndpoints(item, path, addressType);
      return {
        kind: 'EndpointSlice',
        ...meta,
        name,
        service: meta.name,
        labels: owned,
        addressType,
        ports,
        endpoints,
      };
    }).filter((slice) => slice.endpoints.length > 0);
  });
}

/**
 * Every name that a slice of the Endpoints object `name` can have. Whoever follows Endpoints deletes those that the
 * present object does not give: it holds no memory of the former one.
 */
export function endpointsSliceNames(name: string): string[] {
  return Array.from({ length: MAX_SUBSETS }, (_, i) =>
    FAMILIES.map((family) => sliceName(name, i, family)),
  ).flat();
}

function sliceName(name: string, subset: number, family: (typeof FAMILIES)[number]): string {
  return family === 'IPv4' ? `${name}-${subset}` : `${name}-${subset}-ipv6`;
}

function readEndpoints(subset: JsonObject, path: string, type: AddressType): SliceEndpoint[] {
  const read =
    (ready: boolean) =>
    (item: JsonObject, at: string): SliceEndpoint => ({
      addresses: usableSliceAddresses(type, [stringField(item, 'ip', at)]),
      ready,
      serving: undefined,
      terminating: undefined,
      hostname: stringField(item, 'hostname', at),
      nodeName: stringField(item, 'nodeName', at),
      zone: '',
      targetRef: readTargetRef(item, at),
    });
  return [
    ...objectsField(subset, 'addresses', path, read(true)),
    ...objectsField(subset, 'notReadyAddresses', path, read(false)),
  ].filter((endpoint) => endpoint.addresses.length > 0);
}
