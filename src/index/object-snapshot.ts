import type { Found, ListSnapshot } from '../contract/lister.ts';
import type { Kind } from '../model/kind.ts';
import type { ClusterData } from './cluster-data.ts';
import { readObject } from './endpoint-reader.ts';
import type { ObjectContent } from './object-table.ts';

interface Member extends ObjectContent {
  readonly cluster: string;
}

/** The objects of one kind at one revision. What is stored of an object is replaced, never changed: so it can be held. */
export class ObjectSnapshot implements ListSnapshot {
  readonly revision: number;
  #members: readonly Member[];
  #isClosed = false;

  constructor(revision: number, kind: Kind, clusters: readonly ClusterData[]) {
    this.revision = revision;
    const members: Member[] = [];
    for (const { name, objects } of clusters) {
      for (const stored of objects.of(kind)) {
        const { entry, since } = stored;
        members.push({ cluster: name, entry, since, revision: stored.revision });
      }
    }
    this.#members = members;
  }

  get size(): number {
    return this.#members.length;
  }

  read(from: number, max: number): readonly Found[] {
    if (this.#isClosed) throw new Error('the snapshot is closed');
    const members = this.#members.slice(Math.max(0, from), Math.max(0, from + max));
    return members.map((member) => readObject(member.cluster, member));
  }

  close(): void {
    this.#isClosed = true;
    this.#members = [];
  }
}
