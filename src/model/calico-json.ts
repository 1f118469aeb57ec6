import {
  readClusterInformation,
  readHostEndpoint,
  readIPPool,
  readProfile,
} from './calico-global-objects.ts';
import type { CalicoSource } from './calico-metadata.ts';
import { decodeWorkloadEndpoint, workloadEndpointId } from './calico-workload-endpoint.ts';
import { ConversionError } from './conversion-error.ts';
import type { Delta } from './delta.ts';
import { asObject } from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import { isObjectName } from './object-name.ts';
import type { Entry, EntryKey } from './objects.ts';

/** The resources that Calico stores itself, by the plural in etcd keys and API paths. */
export type CalicoResource =
  'workloadendpoints' | 'hostendpoints' | 'profiles' | 'ippools' | 'clusterinformations';

/** Calico's clients add this profile to every list; it has no labels and is neither counted nor served. */
const DEFAULT_ALLOW = 'projectcalico-default-allow';

/**
 * What a parsed JSON value says of a Calico object. Never throws: what cannot be read gives a `skip` whose reason
 * names the field, what is no endpoint gives an `exclude`.
 */
export function decodeCalico(resource: CalicoResource, object: unknown, source: CalicoSource): Delta {
  const id = calicoKey(resource, source.key);
  if (id === undefined) return notAKey(resource, source.where);
  try {
    return decode(resource, asObject(object, 'the value'), { source, id });
  } catch (error) {
    // Anything else than a ConversionError is a fault of ours; a remote must not stop the stream with it.
    const reason = error instanceof ConversionError ? error.message : 'the value: unreadable';
    return { op: 'skip', id, where: source.where, reason };
  }
}

/**
 * What the removal of an object means, from its key alone. A key that names no object of ours gives a `skip`.
 */
export function calicoDeleted(resource: CalicoResource, source: Pick<CalicoSource, 'key' | 'where'>): Delta {
  const key = calicoKey(resource, source.key);
  if (key === undefined) return notAKey(resource, source.where);
  if (resource !== 'workloadendpoints') return { op: 'delete', key };
  return { op: 'delete', key, excluded: `${source.key.namespace}/${source.key.name}` };
}

function notAKey(resource: CalicoResource, where: string): Delta {
  const problem =
    resource === 'workloadendpoints'
      ? 'does not split into node, orchestrator, workload and endpoint in a namespace'
      : 'is not the name of a cluster-scoped object';
  return { op: 'skip', id: undefined, where, reason: `metadata.name: ${problem}` };
}

function calicoKey(resource: CalicoResource, key: CalicoSource['key']): EntryKey | undefined {
  if (resource === 'workloadendpoints') return workloadEndpointId(key);
  return key.namespace === '' && isObjectName(key.name) ? { namespace: '', name: key.name } : undefined;
}

interface Identified {
  readonly source: CalicoSource;
  readonly id: EntryKey;
}

function decode(resource: CalicoResource, object: JsonObject, { source, id }: Identified): Delta {
  // Only a WorkloadEndpoint's key has parts.
  if ('node' in id) return decodeWorkloadEndpoint(object, source, id);
  if (resource === 'profiles' && id.name === DEFAULT_ALLOW) return { op: 'delete', key: id };
  return { op: 'put', entry: readGlobal(resource, object, source) };
}

function readGlobal(resource: CalicoResource, object: JsonObject, source: CalicoSource): Entry {
  switch (resource) {
    case 'hostendpoints':
      return readHostEndpoint(object, source);
    case 'profiles':
      return readProfile(object, source);
    case 'ippools':
      return readIPPool(object, source);
    default:
      return readClusterInformation(object, source);
  }
}
