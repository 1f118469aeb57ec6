import type { RccDocument } from '../../model/rcc.ts';
import { parseKey, rangeOf } from './calico-keys.ts';
import type { KeyDecoder } from './key-stream.ts';
import { parseJson } from './object-decoder.ts';
import type { KeyValue } from './proto-range.ts';

/** What a key of a RemoteClusterConfiguration says. */
export type RccChange =
  | { readonly op: 'put'; readonly document: RccDocument }
  | { readonly op: 'reject'; readonly name: string; readonly origin: string; readonly problem: string }
  | { readonly op: 'delete'; readonly name: string };

/** An RCC is small even with certificates inline. */
const MAX_BYTES = 1 << 20;

export const rccDecoder: KeyDecoder<RccChange> = {
  range: rangeOf('remoteclusterconfigurations'),
  put(kv) {
    const name = nameOf(kv);
    if (name === undefined) return undefined;
    const origin = `etcdv3 ${rccDecoder.range.prefix}${name}`;
    if (kv.value.length > MAX_BYTES) return { op: 'reject', name, origin, problem: 'the value is too large' };
    const object = parseJson(kv.value);
    if (typeof object !== 'object' || object === null || Array.isArray(object)) {
      return { op: 'reject', name, origin, problem: 'the value is not a JSON object' };
    }
    const spec: unknown = Object.hasOwn(object, 'spec') ? (object as { spec: unknown }).spec : undefined;
    return { op: 'put', document: { name, spec, origin } };
  },
  delete(kv) {
    const name = nameOf(kv);
    return name === undefined ? undefined : { op: 'delete', name };
  },
};

function nameOf(kv: KeyValue): string | undefined {
  return parseKey(kv.key, rccDecoder.range, false)?.name;
}
