import { AddressError, canonicalAddress, canonicalCidr, isRefusedAddress } from './address.ts';
import { readEndpointPorts } from './calico-endpoint-port.ts';
import { readCalicoMetadata } from './calico-metadata.ts';
import type { CalicoMetadata, CalicoSource } from './calico-metadata.ts';
import { ConversionError } from './conversion-error.ts';
import {
  booleanField,
  labelsField,
  objectField,
  requiredString,
  stringField,
  stringsField,
} from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import { LabelSet } from './label-set.ts';
import type { ObjectMeta } from './object-meta.ts';
import type { ClusterInformation, HostEndpoint, IPPool, Profile } from './objects.ts';

// Calico's cluster-scoped kinds in v3 form. All throw ConversionError.

/** Addresses that do not parse or are refused are left out, as unusable ones are in Felix. */
export function readHostEndpoint(object: JsonObject, source: CalicoSource): HostEndpoint {
  const metadata = readCalicoMetadata(object, source);
  const spec = objectField(object, 'spec', '') ?? {};
  return {
    kind: 'HostEndpoint',
    ...metaOf(metadata),
    node: requiredString(spec, 'node', 'spec'),
    interfaceName: stringField(spec, 'interfaceName', 'spec'),
    expectedIPs: usableAddresses(stringsField(spec, 'expectedIPs', 'spec')),
    labels: LabelSet.of(metadata.labels),
    profiles: stringsField(spec, 'profiles', 'spec'),
    ports: readEndpointPorts(spec),
  };
}

export function readProfile(object: JsonObject, source: CalicoSource): Profile {
  const metadata = readCalicoMetadata(object, source);
  const spec = objectField(object, 'spec', '') ?? {};
  return {
    kind: 'Profile',
    ...metaOf(metadata),
    labelsToApply: labelsField(spec, 'labelsToApply', 'spec'),
  };
}

export function readIPPool(object: JsonObject, source: CalicoSource): IPPool {
  const metadata = readCalicoMetadata(object, source);
  const spec = objectField(object, 'spec', '') ?? {};
  return {
    kind: 'IPPool',
    ...metaOf(metadata),
    cidr: readCidr(requiredString(spec, 'cidr', 'spec')),
    disabled: booleanField(spec, 'disabled', 'spec') ?? false,
    natOutgoing: booleanField(spec, 'natOutgoing', 'spec') ?? false,
    vxlanMode: stringField(spec, 'vxlanMode', 'spec'),
    ipipMode: stringField(spec, 'ipipMode', 'spec'),
  };
}

export function readClusterInformation(object: JsonObject, source: CalicoSource): ClusterInformation {
  if (source.key.name !== 'default') {
    throw new ConversionError('metadata.name', 'a ClusterInformation is always named "default"');
  }
  const metadata = readCalicoMetadata(object, source);
  const spec = objectField(object, 'spec', '') ?? {};
  return {
    kind: 'ClusterInformation',
    ...metaOf(metadata),
    clusterGUID: stringField(spec, 'clusterGUID', 'spec'),
    clusterType: stringField(spec, 'clusterType', 'spec'),
    calicoVersion: stringField(spec, 'calicoVersion', 'spec'),
    datastoreReady: booleanField(spec, 'datastoreReady', 'spec'),
  };
}

/** Without the labels, which not every kind keeps. */
function metaOf({ namespace, name, uid, resourceVersion, created }: CalicoMetadata): ObjectMeta {
  return { namespace, name, uid, resourceVersion, created };
}

function usableAddresses(texts: readonly string[]): string[] {
  const usable: string[] = [];
  for (const text of texts) {
    const address = canonicalAddress(text);
    if (address !== undefined && !isRefusedAddress(address)) usable.push(address);
  }
  return usable;
}

function readCidr(text: string): string {
  try {
    return canonicalCidr(text);
  } catch (cause) {
    const problem = cause instanceof AddressError ? cause.message : 'is not a CIDR';
    throw new ConversionError('spec.cidr', problem, { cause });
  }
}
