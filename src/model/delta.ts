import type { Entry, EntryKey } from './objects.ts';

/** Why an object that was read is not an endpoint. Not an error: it is neither counted nor served. */
export type ExclusionReason =
  /** The pod uses its node's network. */
  | 'HostNetwork'
  /** The pod has no node yet. */
  | 'NotScheduled'
  /** The pod is finished (phase, or torn down by the CNI plugin). */
  | 'Finished'
  /** No address yet, or none left. */
  | 'NoAddress'
  /** Loopback, link-local, multicast or unspecified: never taken from a remote. */
  | 'AddressRefused'
  /** Calico itself drops an endpoint without an interface name. */
  | 'NoInterfaceName';

/** An object that is known and left out, with what `explain` shows of it. */
export interface Exclusion {
  /** `namespace/name` of the source object (a pod, a WorkloadEndpoint). */
  readonly key: string;
  readonly reason: ExclusionReason;
  readonly node: string;
  /** Addresses that it names, canonical, as far as they parse. */
  readonly addresses: readonly string[];
}

/** One thing that a datastore says of one object. */
export type Delta =
  | { readonly op: 'put'; readonly entry: Entry }
  /** `excluded` is the key of an Exclusion to forget along with the object. */
  | { readonly op: 'delete'; readonly key: EntryKey; readonly excluded?: string }
  /** Left out. An endpoint known under `id` is deleted. */
  | { readonly op: 'exclude'; readonly id: EntryKey; readonly exclusion: Exclusion }
  /**
   * Unreadable or over a limit. What is known under `id` stays as it was and survives the sweep of a list.
   * `id` is undefined where not even the identity could be read; `where` names the object for people.
   */
  | {
      readonly op: 'skip';
      readonly id: EntryKey | undefined;
      readonly where: string;
      readonly reason: string;
    };
