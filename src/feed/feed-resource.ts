/** The collections of the feed by their plural name. */
export const FEED_PLURALS = [
  'services',
  'endpointslices',
  'workloadendpoints',
  'hostendpoints',
  'profiles',
  'ippools',
  'remoteclusters',
  'namespaces',
] as const;
export type FeedPlural = (typeof FEED_PLURALS)[number];

/** A column of the `Table` form, as in meta.k8s.io/v1 TableColumnDefinition. */
export interface FeedColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  /** `name` for the first, else ''. */
  readonly format: string;
  readonly description: string;
  /** 0 = always shown; 1 = only with `-o wide`. */
  readonly priority: 0 | 1;
}

/** What discovery says of a collection, and how it is shown. One table (`feed-resources.ts`) holds all. */
export interface FeedResource {
  readonly plural: FeedPlural;
  readonly singular: string;
  readonly kind: string;
  /** '' = core. */
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Served as protobuf too: the kinds that Kubernetes itself has. */
  readonly protobuf: boolean;
  readonly columns: readonly FeedColumn[];
  /** Field selectors beyond `metadata.name` and `metadata.namespace`. */
  readonly fields: readonly string[];
}
