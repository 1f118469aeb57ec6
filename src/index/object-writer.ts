import { KIND_OF } from '../model/kind.ts';
import type { Kind, Resource } from '../model/kind.ts';
import { LabelSet } from '../model/label-set.ts';
import type { Entry, EntryKey } from '../model/objects.ts';
import type { ClusterData } from './cluster-data.ts';
import type { Contents } from './commit-log.ts';
import { lazyContent } from './endpoint-reader.ts';
import { nameOf } from './entry-name.ts';
import type { IndexCore } from './index-core.ts';
import type { KindWriter } from './kind-writer.ts';
import type { StoredEntry, StoredObject } from './object-table.ts';
import { sameContent } from './same-content.ts';
import { packSliceEndpoints } from './slice-codec.ts';

/** In every Calico cluster, and about nothing: neither counted nor served. */
const DEFAULT_ALLOW = 'projectcalico-default-allow';

/** Writes the objects of one resource that is not `workloadendpoints`, of one cluster. */
export class ObjectWriter implements KindWriter {
  readonly #core: IndexCore;
  readonly #cluster: ClusterData;
  readonly #resource: Resource;
  readonly #kind: Kind;
  readonly #place: { readonly cluster: string; readonly kind: Kind };

  constructor(core: IndexCore, cluster: ClusterData, resource: Resource) {
    this.#core = core;
    this.#cluster = cluster;
    this.#resource = resource;
    this.#kind = KIND_OF[resource];
    this.#place = { cluster: cluster.name, kind: this.#kind };
  }

  put(entry: Entry, mark: number): boolean {
    if (entry.kind !== this.#kind) throw new TypeError(`a ${entry.kind} came as a ${this.#kind}`);
    const packed = pack(entry);
    if (packed.kind === 'Profile' && packed.name === DEFAULT_ALLOW) return true;
    const { objects, budget } = this.#cluster;
    const known = objects.get(packed.kind, packed.namespace, packed.name);
    let contents: Contents | undefined;
    if (known === undefined) {
      if (!budget.admit(this.#cluster.size, this.#resource)) return false;
      const stored = {
        entry: this.#share(packed),
        owner: this.#resource,
        marks: 0,
        since: this.#core.now,
        revision: this.#core.commits.next,
        host: 0,
      };
      objects.add(stored);
      this.#linked(stored);
      if (this.#core.commits.wantsContents) contents = { content: entry };
    } else {
      known.marks = known.owner === this.#resource ? known.marks & ~mark : 0;
      known.owner = this.#resource;
      if (this.#isKnown(known, packed)) return true;
      this.#unlinked(known);
      const before = known.entry;
      contents = this.#replaced(known, entry);
      objects.replace(known, this.#share(packed));
      this.#unshare(before);
      known.since = this.#core.now;
      known.revision = this.#core.commits.next;
      this.#linked(known);
    }
    this.#core.commits.record('put', this.#place, packed, contents);
    return true;
  }

  remove(key: EntryKey): void {
    const known = this.#own(key);
    if (known !== undefined) this.#delete(known);
  }

  keep(key: EntryKey, mark: number): void {
    const known = this.#own(key);
    if (known !== undefined) known.marks &= ~mark;
  }

  markAll(mark: number): void {
    for (const each of this.#owned()) each.marks |= mark;
  }

  unmarkAll(mark: number): void {
    for (const each of this.#owned()) each.marks &= ~mark;
  }

  sweep(mark: number): void {
    for (const each of this.#owned()) if (each.marks & mark) this.#delete(each);
  }

  clear(stop: () => boolean): boolean {
    for (const each of this.#owned()) {
      if (stop()) return false;
      this.#delete(each);
    }
    return true;
  }

  /** Equal content; then only its resource version is taken over. */
  #isKnown(known: StoredObject, packed: StoredEntry): boolean {
    if (!sameContent(known.entry, packed)) return false;
    const { resourceVersion } = packed;
    if (known.entry.resourceVersion !== resourceVersion) known.entry = { ...known.entry, resourceVersion };
    return true;
  }

  #own(key: EntryKey): StoredObject | undefined {
    const known = this.#cluster.objects.get(this.#kind, key.namespace, nameOf(key));
    // Another resource named it since: it is that one's to delete.
    return known?.owner === this.#resource ? known : undefined;
  }

  *#owned(): Generator<StoredObject> {
    for (const each of this.#cluster.objects.of(this.#kind)) if (each.owner === this.#resource) yield each;
  }

  #delete(stored: StoredObject): void {
    this.#core.commits.record('delete', this.#place, stored.entry, this.#replaced(stored));
    this.#unlinked(stored);
    this.#cluster.objects.remove(stored);
    this.#unshare(stored.entry);
  }

  /** What is told of something that was there; undefined where nobody wants to know. */
  #replaced({ entry, revision }: StoredObject, content?: Entry): Contents | undefined {
    const { commits } = this.#core;
    if (!commits.wantsContents) return undefined;
    if (content === undefined) return { replaces: revision, last: lazyContent(entry) };
    if (!commits.wantsLast(revision)) return { replaces: revision, content };
    return { replaces: revision, content, last: lazyContent(entry) };
  }

  /** What follows from an object being there. */
  #linked(stored: StoredObject): void {
    const { entry } = stored;
    if (entry.kind === 'HostEndpoint') {
      stored.host = this.#core.hosts.add(this.#cluster, stored, entry.expectedIPs);
    } else if (entry.kind === 'Profile') {
      this.#core.profileKeys.add(entry.labelsToApply);
      this.#cluster.inherited.reset();
    }
  }

  #unlinked(stored: StoredObject): void {
    const { entry } = stored;
    if (entry.kind === 'HostEndpoint') {
      this.#core.hosts.remove(stored.host);
      stored.host = 0;
    } else if (entry.kind === 'Profile') {
      this.#core.profileKeys.remove(entry.labelsToApply);
      this.#cluster.inherited.reset();
    }
  }

  /** The entry with its label sets shared with everything else that has equal ones. */
  #share(entry: StoredEntry): StoredEntry {
    const { labels } = this.#core.endpoints.templates.parts;
    const shared = Object.entries(entry).map(([field, value]: [string, unknown]) => [
      field,
      value instanceof LabelSet ? labels.set(labels.acquire(value)) : value,
    ]);
    return Object.fromEntries(shared) as StoredEntry;
  }

  #unshare(entry: StoredEntry): void {
    const { labels } = this.#core.endpoints.templates.parts;
    for (const value of Object.values(entry)) if (value instanceof LabelSet) labels.releaseSet(value);
  }
}

function pack(entry: Exclude<Entry, { readonly kind: 'WorkloadEndpoint' }> | Entry): StoredEntry {
  if (entry.kind === 'WorkloadEndpoint') throw new TypeError('a WorkloadEndpoint came as another kind');
  if (entry.kind !== 'EndpointSlice') return entry;
  const { endpoints, ...rest } = entry;
  return { ...rest, packed: packSliceEndpoints(endpoints) };
}
