import { ConversionError, excerpt } from './conversion-error.ts';
import { LabelSet } from './label-set.ts';

/** A JSON object of unknown content. Only its own properties count. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** More items than this in one list or map is taken for an attack or a fault, not for data. */
export const MAX_ITEMS = 10_000;

// All readers below treat null like an absent field, as Go's JSON decoder does, and throw ConversionError with the
// full path of the field. `path` is where `from` itself stands ('' = the top).

function own(from: JsonObject, key: string): unknown {
  return Object.hasOwn(from, key) ? from[key] : undefined;
}

function wrong(path: string, key: string, expected: string): ConversionError {
  return new ConversionError(join(path, key), `must be ${expected}`);
}

/** `spec` and `node` make `spec.node`. */
export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

export function asObject(value: unknown, field: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConversionError(field, 'must be an object');
  }
  return value as JsonObject;
}

/** Undefined where the field is absent. */
export function objectField(from: JsonObject, key: string, path: string): JsonObject | undefined {
  const value = own(from, key) ?? undefined;
  return value === undefined ? undefined : asObject(value, join(path, key));
}

/** '' where the field is absent. */
export function stringField(from: JsonObject, key: string, path: string): string {
  const value = own(from, key) ?? '';
  if (typeof value !== 'string') throw wrong(path, key, 'a string');
  return value;
}

/** A string that must be there and not be empty. */
export function requiredString(from: JsonObject, key: string, path: string): string {
  const value = stringField(from, key, path);
  if (value === '') throw new ConversionError(join(path, key), 'is missing');
  return value;
}

/** Undefined where the field is absent. */
export function booleanField(from: JsonObject, key: string, path: string): boolean | undefined {
  const value = own(from, key) ?? undefined;
  if (value !== undefined && typeof value !== 'boolean') throw wrong(path, key, 'true or false');
  return value;
}

/** A TCP-style port, 0 to 65535; undefined where the field is absent. */
export function portField(from: JsonObject, key: string, path: string): number | undefined {
  const value = own(from, key) ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65_535) {
    throw wrong(path, key, 'a whole number from 0 to 65535');
  }
  return value;
}

/** A string, or a whole number of at most `max` in decimal; '' where the field is absent (Kubernetes IntOrString). */
export function stringOrIntegerField(from: JsonObject, key: string, path: string, max: number): string {
  const value = own(from, key) ?? '';
  if (typeof value === 'string') return value;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) {
    throw wrong(path, key, `a string or a whole number from 0 to ${max}`);
  }
  return String(value);
}

/** Empty where the field is absent. */
export function arrayField(from: JsonObject, key: string, path: string): readonly unknown[] {
  const value = own(from, key) ?? [];
  if (!Array.isArray(value)) throw wrong(path, key, 'a list');
  if (value.length > MAX_ITEMS)
    throw new ConversionError(join(path, key), `has more than ${MAX_ITEMS} items`);
  return value;
}

/** The items of a list of objects; `read` gets each with its path. */
export function objectsField<T>(
  from: JsonObject,
  key: string,
  path: string,
  read: (item: JsonObject, path: string) => T,
): T[] {
  return arrayField(from, key, path).map((item, i) => {
    const at = `${join(path, key)}[${i}]`;
    return read(asObject(item, at), at);
  });
}

export function stringsField(from: JsonObject, key: string, path: string): string[] {
  return arrayField(from, key, path).map((item, i) => {
    if (typeof item !== 'string') throw wrong(path, `${key}[${i}]`, 'a string');
    return item;
  });
}

/** A map of strings as own pairs, so that a key such as `__proto__` is a key like any other. */
export function pairsField(from: JsonObject, key: string, path: string): [string, string][] {
  const map = objectField(from, key, path);
  if (map === undefined) return [];
  const pairs = Object.entries(map);
  if (pairs.length > MAX_ITEMS)
    throw new ConversionError(join(path, key), `has more than ${MAX_ITEMS} items`);
  return pairs.map(([name, value]) => {
    if (typeof value !== 'string') throw wrong(path, `${key}[${excerpt(name)}]`, 'a string');
    // NUL separates keys and values in LabelSet.canonical: letting it in would let one set pass for another.
    if (name.includes('\0') || value.includes('\0')) {
      throw new ConversionError(join(path, key), 'holds a NUL character');
    }
    return [name, value];
  });
}

export function labelsField(from: JsonObject, key: string, path: string): LabelSet {
  return LabelSet.of(pairsField(from, key, path));
}
