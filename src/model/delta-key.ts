import type { Delta } from './delta.ts';
import type { EntryKey } from './objects.ts';

/** Whom a delta is about; undefined for a skip whose identity could not be read. */
export function deltaKey(delta: Delta): EntryKey | undefined {
  if (delta.op === 'put') return delta.entry;
  return delta.op === 'delete' ? delta.key : delta.id;
}

/** A text that is equal for equal keys of one kind; no part can hold a NUL. */
export function keyText(key: EntryKey): string {
  if ('name' in key) return `${key.namespace}\0${key.name}`;
  return `${key.namespace}\0${key.node}\0${key.orchestrator}\0${key.workload}\0${key.endpoint}`;
}
