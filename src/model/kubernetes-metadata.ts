import { ConversionError, excerpt } from './conversion-error.ts';
import { asObject, labelsField, objectField, requiredString, stringField } from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import type { LabelSet } from './label-set.ts';
import { isObjectName } from './object-name.ts';
import type { ObjectMeta } from './object-meta.ts';
import { parseTime } from './rfc3339.ts';

/** A Kubernetes object taken apart as far as all kinds agree. */
export interface KubernetesObject {
  readonly object: JsonObject;
  readonly metadata: JsonObject;
  readonly meta: ObjectMeta;
  readonly labels: LabelSet;
}

/** Throws ConversionError. A namespace is demanded only where `namespaced`. */
export function readKubernetesObject(value: unknown, namespaced: boolean): KubernetesObject {
  const object = asObject(value, 'the object');
  const metadata = objectField(object, 'metadata', '') ?? {};
  const created = stringField(metadata, 'creationTimestamp', 'metadata');
  const meta: ObjectMeta = {
    namespace: readName(metadata, 'namespace', namespaced),
    name: readName(metadata, 'name', true),
    uid: stringField(metadata, 'uid', 'metadata'),
    resourceVersion: stringField(metadata, 'resourceVersion', 'metadata'),
    created: parseTime(created, 'metadata.creationTimestamp'),
  };
  return { object, metadata, meta, labels: labelsField(metadata, 'labels', 'metadata') };
}

function readName(metadata: JsonObject, key: 'namespace' | 'name', required: boolean): string {
  const name = (required ? requiredString : stringField)(metadata, key, 'metadata');
  if (name === '' || isObjectName(name)) return name;
  throw new ConversionError(`metadata.${key}`, `${excerpt(name)} is not a valid name`);
}
