import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { Edit, SliceContent } from './edit.ts';

/**
 * The slices as they are once the edits were accepted, in the order given; for tests and dry runs. Created slices get a UID made
 * of their name and an empty resourceVersion. Throws RangeError for an edit whose slice is not there, or there already.
 */
export function applyEdits(actual: readonly OwnedSlice[], edits: readonly Edit[]): readonly OwnedSlice[] {
  const slices = new Map(actual.map((slice) => [slice.name, slice]));
  for (const edit of edits) {
    const { name } = edit.op === 'create' ? edit.content : edit.of;
    const before = slices.get(name);
    if ((before === undefined) !== (edit.op === 'create')) {
      throw new RangeError(`${edit.op} ${name}: it is ${before === undefined ? 'not' : 'already'} there`);
    }
    if (edit.op === 'delete') slices.delete(name);
    else slices.set(name, written(edit.content, before));
  }
  return [...slices.values()];
}

function written(content: SliceContent, before: OwnedSlice | undefined): OwnedSlice {
  const { namespace, name, service, serviceUid: ownerUid, cluster, family, ports, endpoints } = content;
  return {
    namespace,
    name,
    uid: before?.uid ?? `new ${namespace}/${name}`,
    resourceVersion: before?.resourceVersion ?? '',
    service,
    ownerUid,
    cluster,
    family,
    ports,
    endpoints,
    intact: true,
    deleting: before?.deleting ?? false,
  };
}
