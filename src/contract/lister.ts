import type { Kind } from '../model/kind.ts';
import type { LabelSet } from '../model/label-set.ts';
import type { Entry, EntryKey, HostEndpoint } from '../model/objects.ts';
import type { Selector } from '../model/selector.ts';
import type { WorkloadEndpoint } from '../model/workload-endpoint.ts';
import type { EndpointSlice } from '../model/endpoint-slice.ts';
import type { Service } from '../model/service.ts';
import type { Exclusion } from '../model/delta.ts';

/** An object of the merged index with the cluster it is from. Built on each call; the caller may keep it. */
export interface Found<E extends Entry = Entry> {
  readonly cluster: string;
  readonly entry: E;
  /** When this daemon saw its present content first, in milliseconds since the epoch. */
  readonly since: number;
  /** The change that gave it its present content. */
  readonly revision: number;
}

/** An endpoint with everything that selectors see. */
export interface FoundEndpoint extends Found<WorkloadEndpoint | HostEndpoint> {
  /** Labels that come from its profiles and are not overridden by its own. */
  readonly inheritedLabels: LabelSet;
}

/** One change in the merged index. A batch is committed whole; each change of it has a revision of its own. */
export interface IndexChange {
  /** Grows by one with each change. */
  readonly revision: number;
  readonly op: 'put' | 'delete';
  readonly cluster: string;
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  /** What it is after a put; only for listeners that want contents. */
  readonly content?: Entry | undefined;
  /** What it was before; only for listeners that want contents, and of a put only as far as their wish goes. */
  readonly last?: Entry | undefined;
  /** The change that gave it the content before; absent where it was not there. Only told to listeners that want contents. */
  readonly replaces?: number | undefined;
}

/** What a listener wants to know beside that something changed. */
export interface ContentWish {
  /** `last` of a put is told where that content came with this change or before: who listened since then knows what came later. */
  readonly lastUpTo: () => number;
}

/** The answer to "what happened since": `expired` where the bounded history does not reach back so far. */
export type ChangesSince =
  | { readonly state: 'ok'; readonly revision: number; readonly changes: readonly IndexChange[] }
  | { readonly state: 'expired' };

/** The read side of the merged index. Reads see whole commits only. */
export interface Lister {
  /** Of the newest change. */
  readonly revision: number;
  clusters(): readonly string[];
  get(cluster: string, kind: Kind, key: EntryKey): Found | undefined;
  /** All objects of a kind, of one cluster or of all. Lazy: do not hold the iterator across an await. */
  list(kind: Kind, cluster?: string): Iterable<Found>;
  /** Endpoints that own exactly this address, in any textual form; none for an address that does not parse. */
  endpointsByIP(address: string): readonly FoundEndpoint[];
  excludedByIP(address: string): readonly { readonly cluster: string; readonly exclusion: Exclusion }[];
  service(namespace: string, name: string): readonly Found<Service>[];
  /** The services of one namespace, of all clusters or one. Lazy, as `list`. */
  servicesIn(namespace: string, cluster?: string): Iterable<Found<Service>>;
  /**
   * Whether what is here of the services and slices of the cluster is all there is: both were listed completely since the
   * cluster was opened, or it turned out to provide none. Stays true when the cluster cannot be reached any more.
   */
  servicesComplete(cluster: string): boolean;
  /** The slices of a service, of all clusters or one. */
  slicesOf(namespace: string, service: string, cluster?: string): readonly Found<EndpointSlice>[];
  /** Endpoints whose effective labels match. Yields the event loop between slices of work. */
  select(
    selector: Selector,
    options?: { readonly cluster?: string; readonly limit?: number },
  ): Promise<Selection>;
  changes(since: number): ChangesSince;
  /** Called after each commit with its changes; returns the way to stop. The listener must not throw or block. */
  onCommit(listener: (changes: readonly IndexChange[]) => void, wish?: ContentWish): () => void;
  /** Ends a commit that is open, so that listeners know everything that can be read. */
  settle(): void;
  /** A revision without a change, for whoever numbers its own objects with the revisions of the index. Returns it. */
  bump(): number;
  /** Everything of a kind as it is at this moment, of one cluster or of all. To be closed. */
  snapshot(kind: Kind, cluster?: string): ListSnapshot;
}

/** The objects of a kind at one revision, readable in slices while the index goes on. */
export interface ListSnapshot {
  readonly revision: number;
  readonly size: number;
  /** Those at the positions `from` to `from + max`, in an order that stays. Throws after `close`. */
  read(from: number, max: number): readonly Found[];
  /** Frees what was kept for it. May be called twice. */
  close(): void;
}

export interface Selection {
  /** How many match, whatever the limit. */
  readonly count: number;
  readonly endpoints: readonly FoundEndpoint[];
}
