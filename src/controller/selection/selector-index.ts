import { NAMESPACE_LABEL, REMOTE_CLUSTER_LABEL } from '../../model/federation.ts';
import type { Selector } from '../../model/selector.ts';
import type { ServiceLabels } from './service-labels.ts';

/** Where a selector is kept: under values of a label that it demands, under a label, or with the rest. */
type Place =
  | { readonly at: 'values'; readonly label: string; readonly values: readonly string[] }
  | { readonly at: 'label'; readonly label: string }
  | { readonly at: 'rest' };

interface Selecting {
  readonly selector: Selector;
  readonly place: Place;
}

/**
 * Which selectors match a service. Each is kept under one label that it demands, so that a service is held only against
 * those that its own labels may satisfy: with 2,000 federated services in one namespace, evaluating all of them for each
 * service of 50 clusters would take seconds.
 */
export class SelectorIndex<T> {
  readonly #all = new Map<T, Selecting>();
  readonly #byValue = new Map<string, Map<string, Set<T>>>();
  readonly #byLabel = new Map<string, Set<T>>();
  readonly #rest = new Set<T>();

  get size(): number {
    return this.#all.size;
  }

  /** An owner has one selector: it must not be here. */
  add(owner: T, selector: Selector): void {
    const place = placeOf(selector);
    this.#all.set(owner, { selector, place });
    if (place.at === 'rest') this.#rest.add(owner);
    else if (place.at === 'label') entry(this.#byLabel, place.label, newSet<T>).add(owner);
    else {
      const byValue = entry(this.#byValue, place.label, newMap<Set<T>>);
      for (const value of place.values) entry(byValue, value, newSet<T>).add(owner);
    }
  }

  remove(owner: T): void {
    const place = this.#all.get(owner)?.place;
    this.#all.delete(owner);
    if (place === undefined) return;
    if (place.at === 'rest') this.#rest.delete(owner);
    else if (place.at === 'label') discard(this.#byLabel, place.label, owner);
    else {
      const byValue = this.#byValue.get(place.label);
      for (const value of place.values) if (byValue) discard(byValue, value, owner);
      if (byValue?.size === 0) this.#byValue.delete(place.label);
    }
  }

  /** The owners whose selectors match. */
  matching(labels: ServiceLabels): Set<T> {
    const found = new Set<T>();
    const test = (owners: ReadonlySet<T> | undefined): void => {
      for (const owner of owners ?? []) {
        if (this.#all.get(owner)?.selector.evaluate(labels)) found.add(owner);
      }
    };
    test(this.#rest);
    labels.forEach((key, value) => {
      test(this.#byLabel.get(key));
      test(this.#byValue.get(key)?.get(value));
    });
    return found;
  }
}

/** Fewest values first. The implicit labels tell services of one namespace apart the least. */
function placeOf(selector: Selector): Place {
  let best: Place = { at: 'rest' };
  let bestRank = Number.POSITIVE_INFINITY;
  for (const [label, restriction] of selector.restrictions()) {
    const values = restriction.mustHaveOneOfValues;
    if (values === undefined && !restriction.mustBePresent) continue;
    const isImplicit = label === NAMESPACE_LABEL || label === REMOTE_CLUSTER_LABEL;
    const rank = (values?.length ?? 1_000_000) + (isImplicit ? 2_000_000 : 0);
    if (rank >= bestRank) continue;
    bestRank = rank;
    best = values === undefined ? { at: 'label', label } : { at: 'values', label, values };
  }
  return best;
}

const newSet = <T>(): Set<T> => new Set();
const newMap = <V>(): Map<string, V> => new Map();

function entry<V>(map: Map<string, V>, key: string, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

function discard<T>(map: Map<string, Set<T>>, key: string, owner: T): void {
  const owners = map.get(key);
  owners?.delete(owner);
  if (owners?.size === 0) map.delete(key);
}
