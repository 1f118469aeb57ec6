import { decodeCalico, type CalicoResource } from '../../model/calico-json.ts';
import { ConversionError } from '../../model/conversion-error.ts';
import type { Delta } from '../../model/delta.ts';
import { endpointSliceFromJson } from '../../model/endpoint-slice-json.ts';
import { endpointsToSlices } from '../../model/endpoints-json.ts';
import type { Resource } from '../../model/kind.ts';
import type { EntryKey } from '../../model/objects.ts';
import type { PodConverter } from '../../model/pod-converter.ts';
import { podFactsFromJson } from '../../model/pod-json.ts';
import { namespaceProfile, serviceAccountProfile } from '../../model/profile-from-kubernetes.ts';
import { namespaceFromJson, serviceAccountFromJson } from '../../model/profile-source-json.ts';
import { serviceFromJson } from '../../model/service-json.ts';
import type { FileObject } from './object-file.ts';

/** What a cluster's exported objects say, by resource. */
export type InspectedObjects = ReadonlyMap<Resource, readonly Delta[]>;

type Read = (
  object: FileObject,
  pods: PodConverter,
) => { readonly resource: Resource; readonly deltas: Delta[] };

const CALICO: Readonly<Record<string, CalicoResource>> = {
  WorkloadEndpoint: 'workloadendpoints',
  HostEndpoint: 'hostendpoints',
  Profile: 'profiles',
  IPPool: 'ippools',
  ClusterInformation: 'clusterinformations',
};

const CORE: Readonly<Record<string, Read>> = {
  Pod: ({ value }, pods) => ({
    resource: 'workloadendpoints',
    deltas: [pods.convert(podFactsFromJson(value))],
  }),
  Namespace: ({ value }) => ({
    resource: 'profiles.namespaces',
    deltas: [{ op: 'put', entry: namespaceProfile(namespaceFromJson(value)) }],
  }),
  ServiceAccount: ({ value }) => ({
    resource: 'profiles.serviceaccounts',
    deltas: [{ op: 'put', entry: serviceAccountProfile(serviceAccountFromJson(value)) }],
  }),
  Service: ({ value }) => ({ resource: 'services', deltas: [{ op: 'put', entry: serviceFromJson(value) }] }),
  EndpointSlice: ({ value }) => ({
    resource: 'endpointslices',
    deltas: [{ op: 'put', entry: endpointSliceFromJson(value) }],
  }),
};

/**
 * Sorts exported objects into resources. Endpoints count only where the export has no EndpointSlice at all, as with a
 * live cluster. Kinds that are not federated are passed over: an export holds whatever its author exported.
 */
export function inspectObjects(objects: readonly FileObject[], pods: PodConverter): InspectedObjects {
  const found = new Map<Resource, Delta[]>();
  const add = (resource: Resource, deltas: readonly Delta[]): void => {
    const known = found.get(resource);
    if (known) known.push(...deltas);
    else found.set(resource, [...deltas]);
  };
  const slices = objects.some((object) => object.kind === 'EndpointSlice');
  for (const object of objects) {
    const calico = CALICO[object.kind];
    const core = CORE[object.kind];
    if (calico && object.apiVersion.includes('projectcalico.org/')) add(calico, [readCalico(calico, object)]);
    else if (core) {
      const { resource, deltas } = readCore(core, object, pods);
      add(resource, deltas);
    } else if (object.kind === 'Endpoints' && !slices) {
      add('endpointslices', readEndpoints(object));
    }
  }
  return found;
}

function readCalico(resource: CalicoResource, { value, place, apiVersion }: FileObject): Delta {
  const form = apiVersion.startsWith('crd.') ? 'crd.v1' : 'crd.v3';
  return decodeCalico(resource, value, { form, key: keyOf(value), where: `${place} (${resource})` });
}

function readCore(read: Read, object: FileObject, pods: PodConverter): ReturnType<Read> {
  try {
    return read(object, pods);
  } catch (error) {
    return { resource: RESOURCE_OF[object.kind] ?? 'services', deltas: [skip(object, error)] };
  }
}

const RESOURCE_OF: Readonly<Record<string, Resource>> = {
  Pod: 'workloadendpoints',
  Namespace: 'profiles.namespaces',
  ServiceAccount: 'profiles.serviceaccounts',
  Service: 'services',
  EndpointSlice: 'endpointslices',
};

function readEndpoints(object: FileObject): readonly Delta[] {
  try {
    return endpointsToSlices(object.value).map((entry) => ({ op: 'put', entry }));
  } catch (error) {
    return [skip(object, error)];
  }
}

function skip({ place }: FileObject, error: unknown): Delta {
  if (!(error instanceof ConversionError)) throw error;
  const id: EntryKey | undefined = undefined;
  return { op: 'skip', id, where: place, reason: error.message };
}

function keyOf(value: Readonly<Record<string, unknown>>): { namespace: string; name: string } {
  const metadata = (value['metadata'] ?? {}) as { readonly namespace?: unknown; readonly name?: unknown };
  return { namespace: text(metadata.namespace), name: text(metadata.name) };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
