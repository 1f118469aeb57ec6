import type { Found, Lister } from '../../contract/lister.ts';
import type { Kind } from '../../model/kind.ts';
import { Gate } from '../../runtime/gate.ts';
import { mayBeHashedOf, mergedName, splitMergedName } from '../objects/merged-name.ts';
import { indexedObject } from './indexed-object.ts';
import type { TurnTaker } from './turn-taker.ts';

/** Hashed names that are known. */
const MAX_KNOWN = 10_000;
const SLICE = 256;

/** An object in its own cluster. */
export interface Origin {
  readonly cluster: string;
  readonly name: string;
}

/**
 * Finds what a name of the merged view stands for. Hashed names cannot be read back: the objects of their cluster are compared, by one
 * searcher at a time, and what is found is remembered, as a hash never changes its meaning.
 */
export class NameFinder {
  readonly #lister: Lister;
  readonly #newTurns: (signal: AbortSignal) => TurnTaker;
  readonly #known = new Map<string, Origin>();
  readonly #gate = new Gate(1);

  constructor(lister: Lister, newTurns: (signal: AbortSignal) => TurnTaker) {
    this.#lister = lister;
    this.#newTurns = newTurns;
  }

  /** undefined: there is no such object now. That one is returned does not mean that it is still there. */
  async find(
    kind: Kind,
    namespace: string,
    merged: string,
    signal: AbortSignal,
  ): Promise<Origin | undefined> {
    const split = splitMergedName(merged);
    if (split !== 'hashed') return split;
    const key = `${kind}\0${namespace}\0${merged}`;
    const known = this.#known.get(key) ?? (await this.#search(kind, namespace, merged, signal));
    if (known === undefined) return undefined;
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
    return known;
  }

  async #search(
    kind: Kind,
    namespace: string,
    merged: string,
    signal: AbortSignal,
  ): Promise<Origin | undefined> {
    const clusters = this.#lister.clusters().filter((cluster) => mayBeHashedOf(cluster, merged));
    if (clusters.length === 0) return undefined;
    const leave = await this.#gate.enter(signal);
    try {
      const turns = this.#newTurns(signal);
      for (const cluster of clusters) {
        const name = await this.#searchIn(cluster, kind, { namespace, merged }, turns);
        if (name !== undefined) return { cluster, name };
      }
      return undefined;
    } finally {
      leave();
    }
  }

  async #searchIn(
    cluster: string,
    kind: Kind,
    wanted: { readonly namespace: string; readonly merged: string },
    turns: TurnTaker,
  ): Promise<string | undefined> {
    const isWanted = ({ entry }: Found): boolean =>
      entry.namespace === wanted.namespace &&
      mergedName(cluster, indexedObject(cluster, entry, 0).name) === wanted.merged;
    const snapshot = this.#lister.snapshot(kind, cluster);
    try {
      for (let from = 0; from < snapshot.size; from += SLICE) {
        const found = snapshot.read(from, SLICE).find(isWanted);
        if (found !== undefined) return indexedObject(cluster, found.entry, 0).name;
        await turns.next();
      }
      return undefined;
    } finally {
      snapshot.close();
    }
  }
}
