import { type JsonObject, objectsField, stringField } from '../../model/json-field.ts';

/** The Service that owns a slice. */
export interface SliceOwner {
  readonly name: string;
  readonly uid: string;
  /** Its owner reference is the only one, and as we write it. */
  readonly isExact: boolean;
}

/** Of several Services the controlling one, else the first. undefined = no Service owns it. Throws ConversionError. */
export function readOwner(metadata: JsonObject): SliceOwner | undefined {
  const references = objectsField(metadata, 'ownerReferences', 'metadata', (reference, path) => ({
    name: stringField(reference, 'name', path),
    uid: stringField(reference, 'uid', path),
    isService:
      stringField(reference, 'apiVersion', path) === 'v1' &&
      stringField(reference, 'kind', path) === 'Service',
    isController: reference['controller'] === true,
    blocks: reference['blockOwnerDeletion'] === true,
  }));
  const services = references.filter(({ isService }) => isService);
  const owner = services.find(({ isController }) => isController) ?? services[0];
  if (owner === undefined) return undefined;
  const isExact = references.length === 1 && owner.isController && !owner.blocks;
  return { name: owner.name, uid: owner.uid, isExact };
}
