/** What every object but a WorkloadEndpoint has. `namespace` is '' for cluster-scoped kinds. */
export interface ObjectMeta {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Opaque: compare for equality only. */
  readonly resourceVersion: string;
  /** Milliseconds since the epoch; 0 = unknown. */
  readonly created: number;
}
