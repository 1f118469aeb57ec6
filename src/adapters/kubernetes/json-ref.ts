import { type JsonObject, objectField, stringField } from '../../model/json-field.ts';
import { NO_REF, type ObjectRef } from './wire/object-ref.ts';

/** The identity of a parsed object. Throws ConversionError. */
export function refOfJson(object: JsonObject): ObjectRef {
  const metadata = objectField(object, 'metadata', '') ?? {};
  const spec = objectField(object, 'spec', '') ?? {};
  return {
    namespace: stringField(metadata, 'namespace', 'metadata'),
    name: stringField(metadata, 'name', 'metadata'),
    resourceVersion: stringField(metadata, 'resourceVersion', 'metadata'),
    nodeName: typeof spec['nodeName'] === 'string' ? spec['nodeName'] : '',
  };
}

/** The same, as far as it can be read. Never throws. */
export function looseRefOfJson(object: JsonObject): ObjectRef {
  const metadata = own(object, 'metadata');
  const spec = own(object, 'spec');
  const ref = {
    namespace: text(metadata['namespace']),
    name: text(metadata['name']),
    resourceVersion: text(metadata['resourceVersion']),
    nodeName: text(spec['nodeName']),
  };
  return ref.name === '' ? NO_REF : ref;
}

function own(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
