import type { Lister } from '../../contract/lister.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import type { FeedPlural } from '../feed-resource.ts';
import type { FeedJournal } from './feed-journal.ts';
import type { FeedRevisions } from './feed-revisions.ts';
import { indexedObject } from './indexed-object.ts';
import type { LiveSnapshots, SnapshotLease } from './live-snapshots.ts';
import { NameFinder } from './name-finder.ts';
import type { Origin } from './name-finder.ts';
import { NAMESPACED_KINDS, NamespacesSeen } from './namespaces-seen.ts';
import { fixedSource, snapshotSource } from './object-source.ts';
import type { ObjectSource } from './object-source.ts';
import type { RemoteClusters } from './remote-clusters.ts';
import { kindOf } from './resource-kinds.ts';
import type { TurnTaker } from './turn-taker.ts';

const SCAN_SLICE = 500;

export interface FeedObjectsOptions {
  readonly lister: Lister;
  readonly newTurns: (signal: AbortSignal) => TurnTaker;
  readonly revisions: FeedRevisions;
  readonly journal: FeedJournal;
  readonly remotes: RemoteClusters;
  readonly snapshots: LiveSnapshots;
}

/** One object that is asked for. */
export interface ObjectPlace {
  readonly resource: FeedPlural;
  readonly view: FeedView;
  /** '' = cluster-scoped. */
  readonly namespace: string;
  /** As the view shows it. */
  readonly name: string;
}

/** The objects of all collections as they are now, wherever they come from. */
export class FeedObjects {
  readonly #options: FeedObjectsOptions;
  readonly #names: NameFinder;
  #namespaces: { readonly seen: NamespacesSeen; readonly ready: Promise<void> } | undefined;

  constructor(options: FeedObjectsOptions) {
    this.#options = options;
    this.#names = new NameFinder(options.lister, options.newTurns);
  }

  /** Keeps events of the collection from now on, if that is not so yet. Resolves when its objects can be read. */
  async wake(resource: FeedPlural, signal: AbortSignal): Promise<void> {
    if (resource === 'namespaces') await this.#wakeNamespaces(signal);
    else this.#options.journal.wake(resource);
  }

  sleep(resource: FeedPlural): void {
    this.#options.journal.sleep(resource);
    if (resource === 'namespaces') this.#namespaces = undefined;
  }

  /** What the name in the view stands for; undefined = nothing. Only of collections that are objects of the index. */
  async find(place: ObjectPlace, signal: AbortSignal): Promise<Origin | undefined> {
    const { resource, view, namespace, name } = place;
    const kind = kindOf(resource);
    if (kind === undefined) return undefined;
    if (view.view === 'cluster') return { cluster: view.cluster, name };
    return this.#names.find(kind, namespace, name, signal);
  }

  /** The object that `find` found, as it is now. The collection must be awake. */
  read(place: ObjectPlace, origin: Origin | undefined): FeedObject | undefined {
    const { resource, view, namespace, name } = place;
    const kind = kindOf(resource);
    const { journal, lister, revisions, remotes } = this.#options;
    // What somebody has seen is told when it goes.
    journal.flush();
    if (resource === 'remoteclusters') {
      return view.view === 'merged' || view.cluster === name ? remotes.get(name) : undefined;
    }
    if (kind === undefined) return this.#namespaces?.seen.get(clusterOf(view), name);
    const found = origin && lister.get(origin.cluster, kind, { namespace, name: origin.name });
    return found && indexedObject(found.cluster, found.entry, revisions.sequence(found.revision));
  }

  /** All objects of a collection that is awake. undefined: too many lists are being read. */
  open(resource: FeedPlural, view: FeedView): SnapshotLease | undefined {
    const sequence = this.#options.journal.border();
    const key = snapshotKey(resource, view);
    return this.#options.snapshots.acquire(key, sequence, () => this.#source(resource, view, sequence));
  }

  #source(resource: FeedPlural, view: FeedView, sequence: number): ObjectSource {
    const { lister, revisions, remotes } = this.#options;
    const cluster = clusterOf(view);
    const kind = kindOf(resource);
    if (kind !== undefined) return snapshotSource(lister.snapshot(kind, cluster), revisions);
    if (resource === 'namespaces') {
      return fixedSource(this.#namespaces?.seen.objects(cluster) ?? [], sequence);
    }
    const objects = remotes.objects.filter(({ name }) => cluster === undefined || cluster === name);
    return fixedSource(objects, sequence);
  }

  #wakeNamespaces(signal: AbortSignal): Promise<void> {
    if (this.#namespaces === undefined) {
      const seen = new NamespacesSeen((revision) => this.#options.revisions.sequence(revision));
      const ready = this.#scan(seen, signal);
      const mine = { seen, ready };
      this.#namespaces = mine;
      ready.catch(() => {
        if (this.#namespaces === mine) this.#namespaces = undefined;
      });
    }
    return this.#namespaces.ready;
  }

  /** Counts the namespaces of what is there, while those of changes are counted already. */
  async #scan(seen: NamespacesSeen, signal: AbortSignal): Promise<void> {
    const { lister, newTurns, journal } = this.#options;
    journal.follow(seen);
    const snapshots = NAMESPACED_KINDS.map((kind) => lister.snapshot(kind));
    try {
      const turns = newTurns(signal);
      for (const snapshot of snapshots) {
        for (let from = 0; from < snapshot.size; from += SCAN_SLICE) {
          for (const { cluster, entry } of snapshot.read(from, SCAN_SLICE)) {
            seen.add(cluster, entry.namespace);
          }
          await turns.next();
        }
      }
    } finally {
      for (const snapshot of snapshots) snapshot.close();
    }
    // A sequence that nobody has seen: the namespaces have other versions now than when they were counted last.
    seen.start(journal.bump());
    journal.wake('namespaces');
  }
}

/** Equal for lists of the same objects. */
export function snapshotKey(resource: FeedPlural, view: FeedView): string {
  return `${resource}/${clusterOf(view) ?? ''}`;
}

function clusterOf(view: FeedView): string | undefined {
  return view.view === 'cluster' ? view.cluster : undefined;
}
