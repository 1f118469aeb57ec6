import type { IndexChange } from '../../contract/lister.ts';
import type { Kind } from '../../model/kind.ts';
import type { FeedObject } from '../feed-object.ts';
import type { FeedEvent } from './feed-event.ts';

export const NAMESPACED_KINDS: readonly Kind[] = ['WorkloadEndpoint', 'Service', 'EndpointSlice'];

/** The name of the merged view among clusters: no cluster can have it. */
const ALL = '';

/**
 * The namespaces that objects are in: of each cluster, and of all together. Counted, so that one that is empty again goes. Counting
 * starts with a scan; as counts only add up, it may run while changes come in, and is right once the scan is over.
 */
export class NamespacesSeen {
  readonly #sequence: (revision: number) => number;
  /** By cluster and namespace. While a scan runs they may be below zero. */
  readonly #counts = new Map<string, Map<string, number>>();
  /** What watchers know, by cluster and namespace. */
  readonly #shown = new Map<string, Map<string, FeedObject>>();
  /** Where something came or went since the last `take`, with the revision. Undefined during the scan: nobody watches yet. */
  #touched:
    Map<string, { readonly cluster: string; readonly name: string; readonly revision: number }> | undefined;

  /** `sequence` makes the sequence number of a revision of the index. */
  constructor(sequence: (revision: number) => number) {
    this.#sequence = sequence;
  }

  /** One object more or less. */
  change({ cluster, namespace, op, replaces, revision, kind }: IndexChange): void {
    if (!NAMESPACED_KINDS.includes(kind)) return;
    if (op === 'delete') this.#count(cluster, namespace, -1, revision);
    else if (replaces === undefined) this.#count(cluster, namespace, 1, revision);
  }

  /** One object that the scan found. */
  add(cluster: string, namespace: string): void {
    this.#count(cluster, namespace, 1, 0);
  }

  /** The scan is over: what is counted now is shown, with this sequence. */
  start(sequence: number): void {
    this.#touched = new Map();
    for (const [cluster, names] of this.#counts) {
      for (const [name, count] of names) if (count > 0) this.#show(objectOf(cluster, name, sequence));
    }
  }

  /** What came and went since the last call, in the order of sequences. */
  take(): FeedEvent[] {
    const touched = this.#touched;
    if (touched === undefined || touched.size === 0) return [];
    this.#touched = new Map();
    const events: FeedEvent[] = [];
    for (const { cluster, name, revision } of [...touched.values()].sort((a, b) => a.revision - b.revision)) {
      const sequence = this.#sequence(revision);
      const known = this.#shown.get(cluster)?.get(name);
      const isHere = (this.#counts.get(cluster)?.get(name) ?? 0) > 0;
      if (isHere && known === undefined) {
        const object = objectOf(cluster, name, sequence);
        this.#show(object);
        events.push({ type: 'ADDED', object });
      } else if (!isHere && known !== undefined) {
        this.#hide(known);
        events.push({ type: 'DELETED', object: { ...known, sequence } });
      }
    }
    return events;
  }

  /** Of one cluster; undefined = of the merged view. Sorted by name. */
  objects(cluster: string | undefined): readonly FeedObject[] {
    const objects = [...(this.#shown.get(cluster ?? ALL)?.values() ?? [])];
    return objects.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(cluster: string | undefined, name: string): FeedObject | undefined {
    return this.#shown.get(cluster ?? ALL)?.get(name);
  }

  #count(cluster: string, namespace: string, by: 1 | -1, revision: number): void {
    if (namespace === '') return;
    for (const view of [cluster, ALL]) {
      let counts = this.#counts.get(view);
      if (counts === undefined) {
        counts = new Map();
        this.#counts.set(view, counts);
      }
      const count = (counts.get(namespace) ?? 0) + by;
      if (count === 0) counts.delete(namespace);
      else counts.set(namespace, count);
      if (counts.size === 0) this.#counts.delete(view);
      const cameOrWent = count === 0 || (count === 1 && by === 1);
      if (cameOrWent) this.#touch(view, namespace, revision);
    }
  }

  #touch(cluster: string, name: string, revision: number): void {
    this.#touched?.set(`${cluster}\0${name}`, { cluster, name, revision });
  }

  #show(object: FeedObject): void {
    let names = this.#shown.get(object.cluster);
    if (names === undefined) {
      names = new Map();
      this.#shown.set(object.cluster, names);
    }
    names.set(object.name, object);
  }

  #hide({ cluster, name }: FeedObject): void {
    const names = this.#shown.get(cluster);
    names?.delete(name);
    if (names?.size === 0) this.#shown.delete(cluster);
  }
}

function objectOf(cluster: string, name: string, sequence: number): FeedObject {
  const content = { kind: 'Namespace', name } as const;
  return { resource: 'namespaces', cluster, namespace: '', name, sequence, content };
}
