import type { ListOutcome, StreamRequest, StreamSink } from '../../contract/datastore.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import { CALICO_PATHS, type CalicoGroup } from './calico-group.ts';
import type { CalicoGroupName } from './calico-group-choice.ts';
import { type CalicoCustomResource, calicoKind } from './calico-kind.ts';
import { Collection, type ReaderContext } from './collection.ts';
import { objectDecoder } from './object-decoder.ts';

const FORMS = { v1: 'crd.v1', v3: 'crd.v3' } as const;

/** One of Calico's resources, read from whichever group is followed. */
export class CalicoCollections {
  readonly #resource: CalicoCustomResource;
  readonly #context: ReaderContext;
  readonly #group: CalicoGroup;
  readonly #collections: Readonly<Record<CalicoGroupName, Collection>>;
  /** The group of the last complete list, and how many objects it had. */
  #listed: { readonly group: CalicoGroupName; readonly items: number } | undefined;

  constructor(resource: CalicoCustomResource, context: ReaderContext, group: CalicoGroup) {
    this.#resource = resource;
    this.#context = context;
    this.#group = group;
    const collection = (name: CalicoGroupName): Collection =>
      new Collection(
        context,
        `${CALICO_PATHS[name]}/${resource}`,
        objectDecoder(calicoKind(resource, FORMS[name]), new Set()),
      );
    this.#collections = { v1: collection('v1'), v3: collection('v3') };
  }

  /** The collection to look at in a preflight; undefined where Calico is not there. */
  async collection(signal: AbortSignal): Promise<Collection | undefined> {
    const { group } = await this.#group.look(signal);
    return group === undefined ? undefined : this.#collections[group];
  }

  async list({ sink, signal }: StreamRequest): Promise<ListOutcome> {
    const { group, locked } = await this.#group.look(signal);
    if (group === undefined) return this.#absent();
    let items: number;
    let outcome: ListOutcome;
    try {
      const list = await this.#collections[group].list(sink, signal);
      outcome = list.outcome;
      items = list.items ?? 0;
    } catch (error) {
      if (!(error instanceof DatastoreError) || error.reason !== 'NotFound') throw error;
      if (locked) throw this.#kept('its CRD is gone while the datastore is locked');
      return this.#absent();
    }
    this.#verify(group, items);
    this.#listed = { group, items };
    return outcome;
  }

  async watch({ sink, signal, revision }: StreamRequest & { readonly revision: string }): Promise<void> {
    const group = this.#listed?.group;
    if (group === undefined || group !== this.#group.current?.group) {
      throw new DatastoreError('relist', 'Relisting', `${this.#resource}: the followed API group changed`);
    }
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    const leave = this.#group.enter((error) => controller.abort(error));
    try {
      await this.#collections[group].watch(this.#observed(sink), revision, controller.signal, () =>
        this.#group.holdBack(),
      );
    } finally {
      leave();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #absent(): ListOutcome {
    this.#listed = undefined;
    return { revision: '', absent: { retryAfterMs: this.#context.tuning.absentRetryMs } };
  }

  /** Whether the list that was just read may count as complete. */
  #verify(group: CalicoGroupName, items: number): void {
    const now = this.#group.current;
    if (now?.group !== group) {
      throw new DatastoreError('relist', 'Relisting', `${this.#resource}: the followed API group changed`);
    }
    // Nobody but a migration removes objects from a locked datastore, and that has copied them before.
    const known = this.#listed?.group === group ? this.#listed.items : 0;
    if (now.locked && items < known)
      throw this.#kept(`${items} objects left of ${known} in a locked datastore`);
  }

  #kept(problem: string): DatastoreError {
    return new DatastoreError('retry', 'NotFound', `${this.#resource}: ${problem}; known objects are kept`);
  }

  /** A change of ClusterInformation may be the lock: look at once. */
  #observed(sink: StreamSink): StreamSink {
    if (this.#resource !== 'clusterinformations') return sink;
    return {
      apply: (deltas) => {
        sink.apply(deltas);
        this.#group.poke();
      },
      progress: (revision) => sink.progress(revision),
      contact: () => sink.contact(),
    };
  }
}
