import type { SourceCluster } from '../../model/federation.ts';

/** What made a federated service dirty: an object of a cluster, a whole cluster, or nothing in particular. */
export interface DirtyCause {
  readonly kind: 'Service' | 'EndpointSlice' | 'cluster' | 'all';
  /** null = the local cluster, and for `all`. */
  readonly cluster: SourceCluster;
  /** Of the object; '' for `cluster` and `all`. */
  readonly name: string;
}

/** Must not throw and must not block. Called once per service for all changes of one commit, with the first cause. */
export type DirtyListener = (namespace: string, name: string, cause: DirtyCause) => void;

/** Federated services to be told of, each once. */
export class DirtyMarks {
  readonly #causes = new Map<string, Map<string, DirtyCause>>();

  add(namespace: string, name: string, cause: DirtyCause): void {
    const names = this.#causes.get(namespace);
    if (names === undefined) this.#causes.set(namespace, new Map([[name, cause]]));
    else if (!names.has(name)) names.set(name, cause);
  }

  tell(listeners: Iterable<DirtyListener>): void {
    for (const listener of listeners) {
      for (const [namespace, names] of this.#causes) {
        for (const [name, cause] of names) listener(namespace, name, cause);
      }
    }
  }
}
