import { type CalicoResource, calicoDeleted, decodeCalico } from '../../model/calico-json.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { refOfJson } from './json-ref.ts';
import { type ObjectKind, whereOf } from './object-kind.ts';
import type { ObjectRef } from './wire/object-ref.ts';

/** Calico's own resources that a Kubernetes datastore keeps as custom resources, all cluster-scoped. */
export type CalicoCustomResource = Extract<
  CalicoResource,
  'hostendpoints' | 'ippools' | 'clusterinformations'
>;

interface CustomObject extends ObjectRef {
  readonly object: JsonObject;
}

export function calicoKind(
  resource: CalicoCustomResource,
  form: 'crd.v1' | 'crd.v3',
): ObjectKind<CustomObject> {
  const source = (ref: ObjectRef): Parameters<typeof decodeCalico>[2] => ({
    form,
    key: { namespace: ref.namespace, name: ref.name },
    where: whereOf(resource, ref),
  });
  return {
    what: resource,
    fromProto: undefined,
    fromJson: (object) => ({ ...refOfJson(object), object }),
    put: (custom, out) => out.push(decodeCalico(resource, custom.object, source(custom))),
    remove: (ref, out) => out.push(calicoDeleted(resource, source(ref))),
    keys: ({ namespace, name }) => (namespace === '' ? [{ namespace, name }] : []),
  };
}
