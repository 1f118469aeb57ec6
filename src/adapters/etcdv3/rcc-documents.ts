import type { RccSnapshot } from '../../contract/rcc-source.ts';
import type { RccDocument } from '../../model/rcc.ts';
import type { Identity } from './identity.ts';
import type { RccChange } from './rcc-decoder.ts';

interface Rejected {
  readonly origin: string;
  readonly problem: string;
}

/**
 * The RCCs of one etcd as far as they are known. Absence deletes only where the datastore is still the one that was read first:
 * an etcd that was emptied, or replaced by another, takes nothing away.
 */
export class RccDocuments {
  #documents = new Map<string, RccDocument>();
  #rejected = new Map<string, Rejected>();
  #first: Identity | undefined;

  /** Whether what this datastore does not hold counts as deleted. The first identity seen is the measure. */
  trusts(identity: Identity): boolean {
    this.#first ??= identity;
    const first = this.#first;
    // A Calico that was restored into a new etcd keeps its GUID; an etcd that was wiped keeps its id, but not the GUID.
    if (first.calico === 'found') return identity.clusterGUID === first.clusterGUID;
    if (identity.clusterId !== first.clusterId) return false;
    // Calico was installed after the first look: from now on its GUID is the measure.
    if (identity.calico === 'found') this.#first = identity;
    return true;
  }

  /** Takes a complete list over. What it does not name is deleted where `deletes`. */
  replace(changes: readonly RccChange[], deletes: boolean): void {
    const before = new Map(this.#documents);
    const rejectedBefore = new Map(this.#rejected);
    this.#documents.clear();
    this.#rejected.clear();
    for (const change of changes) {
      // An unreadable value keeps its last readable state.
      const last = change.op === 'reject' ? before.get(change.name) : undefined;
      if (last !== undefined) this.#documents.set(last.name, last);
      this.apply(change);
    }
    if (deletes) return;
    const named = new Set(
      changes.map((change) => (change.op === 'put' ? change.document.name : change.name)),
    );
    for (const [name, document] of before) if (!named.has(name)) this.#documents.set(name, document);
    for (const [name, rejected] of rejectedBefore) if (!named.has(name)) this.#rejected.set(name, rejected);
  }

  apply(change: RccChange): void {
    switch (change.op) {
      case 'put':
        this.#documents.set(change.document.name, change.document);
        this.#rejected.delete(change.document.name);
        return;
      case 'reject':
        this.#rejected.set(change.name, { origin: change.origin, problem: change.problem });
        return;
      case 'delete':
        this.#documents.delete(change.name);
        this.#rejected.delete(change.name);
    }
  }

  snapshot(problem: RccSnapshot['problem']): RccSnapshot {
    return { documents: [...this.#documents.values()], rejected: [...this.#rejected.values()], problem };
  }
}
