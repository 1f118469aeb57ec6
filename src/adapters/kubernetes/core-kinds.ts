import type { JsonObject } from '../../model/json-field.ts';
import type { Delta } from '../../model/delta.ts';
import { endpointSliceFromJson } from '../../model/endpoint-slice-json.ts';
import { endpointsSliceNames, endpointsToSlices } from '../../model/endpoints-json.ts';
import type { Entry } from '../../model/objects.ts';
import type { PodFacts } from '../../model/pod-facts.ts';
import { podDeleted } from '../../model/pod-converter.ts';
import { podFactsFromJson } from '../../model/pod-json.ts';
import {
  type ServiceAccountFacts,
  namespaceProfile,
  namespaceProfileKey,
  serviceAccountProfile,
  serviceAccountProfileKey,
} from '../../model/profile-from-kubernetes.ts';
import { namespaceFromJson, serviceAccountFromJson } from '../../model/profile-source-json.ts';
import { serviceFromJson } from '../../model/service-json.ts';
import { refOfJson } from './json-ref.ts';
import type { ObjectKind } from './object-kind.ts';
import type { ObjectRef } from './wire/object-ref.ts';
import type { SharedValues } from './wire/proto-meta.ts';
import {
  type JsonShapeReader,
  MetaOnlyReader,
  endpointSliceReader,
  endpointsReader,
  serviceReader,
} from './wire/proto-network.ts';
import { PodReader } from './wire/proto-pod.ts';

export function podKind(shared: SharedValues): ObjectKind<PodFacts> {
  const reader = new PodReader(shared);
  return {
    what: 'pods',
    fromProto: (bytes) => reader.read(bytes),
    fromJson: podFactsFromJson,
    put: (pod, out) => out.push(shared.pods.convert(pod)),
    remove: (ref, out) => out.push(podDeleted(ref)),
    keys: ({ namespace, nodeName, name }) => [
      { namespace, node: nodeName, orchestrator: 'k8s', workload: name, endpoint: 'eth0' },
    ],
  };
}

interface ProfileSource extends ServiceAccountFacts, ObjectRef {}

export function namespaceKind(shared: SharedValues): ObjectKind<ProfileSource> {
  return {
    what: 'namespaces',
    fromProto: profileSource(shared),
    fromJson: (object) => ({ namespace: '', nodeName: '', ...namespaceFromJson(object) }),
    put: (facts, out) => out.push({ op: 'put', entry: namespaceProfile(facts) }),
    remove: ({ name }, out) => out.push({ op: 'delete', key: namespaceProfileKey(name) }),
    keys: ({ name }) => [namespaceProfileKey(name)],
  };
}

export function serviceAccountKind(shared: SharedValues): ObjectKind<ProfileSource> {
  return {
    what: 'serviceaccounts',
    fromProto: profileSource(shared),
    fromJson: (object) => ({ nodeName: '', ...serviceAccountFromJson(object) }),
    put: (facts, out) => out.push({ op: 'put', entry: serviceAccountProfile(facts) }),
    remove: ({ namespace, name }, out) =>
      out.push({ op: 'delete', key: serviceAccountProfileKey(namespace, name) }),
    keys: ({ namespace, name }) => [serviceAccountProfileKey(namespace, name)],
  };
}

function profileSource(shared: SharedValues): ObjectKind<ProfileSource>['fromProto'] {
  const reader = new MetaOnlyReader(shared);
  return (bytes) => {
    const { namespace, name, uid, resourceVersion, created } = reader.read(bytes);
    return { namespace, name, uid, resourceVersion, created, nodeName: '', labels: reader.labels() };
  };
}

/** An object in the shape of its JSON, whatever its encoding was. */
interface JsonShaped extends ObjectRef {
  readonly object: JsonObject;
}

export function serviceKind(shared: SharedValues): ObjectKind<JsonShaped> {
  return namespacedKind('services', serviceReader(shared), serviceFromJson);
}

export function endpointSliceKind(shared: SharedValues): ObjectKind<JsonShaped> {
  return namespacedKind('endpointslices', endpointSliceReader(shared), endpointSliceFromJson);
}

function namespacedKind(
  what: string,
  reader: JsonShapeReader,
  convert: (object: JsonObject) => Entry,
): ObjectKind<JsonShaped> {
  return {
    what,
    ...jsonShaped(reader),
    put: ({ object }, out) => out.push({ op: 'put', entry: convert(object) }),
    remove: ({ namespace, name }, out) => out.push({ op: 'delete', key: { namespace, name } }),
    keys: ({ namespace, name }) => [{ namespace, name }],
  };
}

function jsonShaped(reader: JsonShapeReader): Pick<ObjectKind<JsonShaped>, 'fromProto' | 'fromJson'> {
  const shaped = (object: JsonObject): JsonShaped => ({ ...refOfJson(object), object });
  return { fromProto: (bytes) => shaped(reader.read(bytes)), fromJson: shaped };
}

/** core/v1 Endpoints standing in for EndpointSlices: each object gives a handful of slices with fixed names. */
export function endpointsKind(shared: SharedValues): ObjectKind<JsonShaped> {
  const removeAllBut = (ref: ObjectRef, kept: ReadonlySet<string>, out: Delta[]): void => {
    for (const name of endpointsSliceNames(ref.name)) {
      if (!kept.has(name)) out.push({ op: 'delete', key: { namespace: ref.namespace, name } });
    }
  };
  return {
    what: 'endpoints',
    ...jsonShaped(endpointsReader(shared)),
    put: (shaped, out) => {
      const slices = endpointsToSlices(shaped.object);
      for (const slice of slices) out.push({ op: 'put', entry: slice });
      removeAllBut(shaped, new Set(slices.map((slice) => slice.name)), out);
    },
    remove: (ref, out) => removeAllBut(ref, new Set(), out),
    // Two subsets in both families: more are rare, and each key is reported as a skipped object.
    keys: ({ namespace, name }) =>
      endpointsSliceNames(name)
        .slice(0, 4)
        .map((slice) => ({ namespace, name: slice })),
  };
}
