import { ConversionError, excerpt } from './conversion-error.ts';
import { asObject, objectField, pairsField, stringField } from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import type { ObjectMeta } from './object-meta.ts';
import { parseTime } from './rfc3339.ts';
import { reverseUid } from './uid.ts';

/** Where a Calico object was read. */
export interface CalicoSource {
  /** A value in etcd, or a custom resource of one of Calico's two API groups. All three hold the v3 form. */
  readonly form: 'etcd' | 'crd.v1' | 'crd.v3';
  /** From the etcd key or the request path: authoritative. `namespace` is '' for cluster-scoped kinds. */
  readonly key: { readonly namespace: string; readonly name: string };
  /** Stands for metadata.resourceVersion where that is not stored (etcd: the ModRevision). */
  readonly revision?: string;
  /** Names the object for people. */
  readonly where: string;
}

export interface CalicoMetadata extends ObjectMeta {
  /** As pairs, since not every kind keeps them as they are. Of two with one key the later wins. */
  readonly labels: readonly (readonly [string, string])[];
}

/**
 * The group `crd.projectcalico.org/v1` keeps the true metadata as JSON in this annotation; what Kubernetes knows as
 * labels is only a part of it (libcalico-go/lib/backend/k8s/resources).
 */
const METADATA_ANNOTATION = 'projectcalico.org/metadata';

/** Metadata of an object in v3 form. Throws ConversionError; also where the object claims to be another one. */
export function readCalicoMetadata(object: JsonObject, source: CalicoSource): CalicoMetadata {
  const own = objectField(object, 'metadata', '') ?? {};
  expectKey(own, 'name', source.key.name);
  expectKey(own, 'namespace', source.key.namespace);
  const stored = source.form === 'crd.v1' ? storedMetadata(own) : undefined;
  const uid = stringField(own, 'uid', 'metadata');
  return {
    namespace: source.key.namespace,
    name: source.key.name,
    uid: source.form === 'crd.v1' && uid !== '' ? reverseUid(uid) : uid,
    resourceVersion: source.revision ?? stringField(own, 'resourceVersion', 'metadata'),
    created: (stored && created(stored, ANNOTATION_PATH)) || created(own, 'metadata'),
    labels: labels(own, stored),
  };
}

const ANNOTATION_PATH = `metadata.annotations["${METADATA_ANNOTATION}"]`;

function expectKey(metadata: JsonObject, field: 'name' | 'namespace', expected: string): void {
  const claimed = stringField(metadata, field, 'metadata');
  if (claimed !== '' && claimed !== expected) {
    throw new ConversionError(`metadata.${field}`, `${excerpt(claimed)} contradicts the key`);
  }
}

function storedMetadata(own: JsonObject): JsonObject | undefined {
  const annotations = objectField(own, 'annotations', 'metadata') ?? {};
  const text = stringField(annotations, METADATA_ANNOTATION, 'metadata.annotations');
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConversionError(ANNOTATION_PATH, 'is not JSON', { cause });
  }
  return asObject(value, ANNOTATION_PATH);
}

function created(metadata: JsonObject, path: string): number {
  return parseTime(stringField(metadata, 'creationTimestamp', path), `${path}.creationTimestamp`);
}

function labels(own: JsonObject, stored: JsonObject | undefined): CalicoMetadata['labels'] {
  const visible = pairsField(own, 'labels', 'metadata');
  if (stored === undefined) return visible;
  return [...visible, ...pairsField(stored, 'labels', ANNOTATION_PATH)];
}
