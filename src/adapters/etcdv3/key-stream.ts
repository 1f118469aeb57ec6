import type { Revision } from '../../contract/datastore.ts';
import type { KeyRange } from './calico-keys.ts';
import type { KeyValue } from './proto-range.ts';

/** Makes values of one kind of key. `undefined` is for keys that are not ours. Neither method throws. */
export interface KeyDecoder<T> {
  readonly range: KeyRange;
  put(kv: KeyValue): T | undefined;
  delete(kv: KeyValue): T | undefined;
}

/** `StreamSink` of the contract, for any kind of value. */
export interface KeySink<T> {
  apply(items: readonly T[]): void;
  progress(revision: Revision): void;
  contact(): void;
}
