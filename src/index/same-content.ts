import { LabelSet } from '../model/label-set.ts';

/**
 * Whether two plain values (objects, arrays, label sets, bytes, primitives) are equal. The field `resourceVersion` of
 * the outermost objects is left out: a new version of the same content is no change.
 */
export function sameContent(a: object, b: object): boolean {
  return sameFields(a, b, 'resourceVersion');
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof LabelSet) {
    return b instanceof LabelSet && a.size === b.size && a.canonical === b.canonical;
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && sameBytes(a, b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  return sameFields(a, b, undefined);
}

function sameFields(a: object, b: object, except: string | undefined): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const right = b as Readonly<Record<string, unknown>>;
  const left = a as Readonly<Record<string, unknown>>;
  return keys.every((key) => key === except || (key in right && same(left[key], right[key])));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
