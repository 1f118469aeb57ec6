import { DatastoreError } from '../../contract/datastore-error.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { abortable } from '../../runtime/abortable.ts';
import {
  type CalicoGroupName,
  type GroupChoice,
  type GroupView,
  chooseGroup,
} from './calico-group-choice.ts';
import type { ReaderContext } from './collection.ts';

export const CALICO_PATHS: Readonly<Record<CalicoGroupName, string>> = {
  v1: '/apis/crd.projectcalico.org/v1',
  v3: '/apis/projectcalico.org/v3',
};

interface Seen extends GroupView {
  readonly guid: string;
}

const NOT_SERVED: Seen = { served: false, ready: undefined, guid: '' };

/**
 * Which of Calico's two API groups to follow on one server, looked at again and again: a cluster may move from one to the
 * other while we watch. Watches of the group that is left end with reaction `relist`.
 */
export class CalicoGroup {
  readonly #context: Pick<ReaderContext, 'client' | 'clock' | 'random' | 'tuning' | 'lifetime'>;
  readonly #watches = new Set<(error: DatastoreError) => void>();
  #choice: GroupChoice | undefined;
  #guid = '';
  #looking: Promise<GroupChoice> | undefined;
  #stopPolling: (() => void) | undefined;
  #heldBack = false;

  constructor(context: Pick<ReaderContext, 'client' | 'clock' | 'random' | 'tuning' | 'lifetime'>) {
    this.#context = context;
  }

  /** The choice so far. */
  get current(): GroupChoice | undefined {
    return this.#choice;
  }

  /** The clusterGUID of the followed group, as of the last look; '' = not known. */
  get guid(): string {
    return this.#guid;
  }

  /**
   * Looks at the server. Looks at the same time are one. Rejects with DatastoreError `retry` where what is seen must not
   * be acted upon.
   */
  look(signal: AbortSignal): Promise<GroupChoice> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return abortable(this.#looking, signal);
  }

  /** Looks soon, without an answer. */
  poke(): void {
    // A failure shows in the streams themselves, or at the next look.
    this.look(this.#context.lifetime).catch(() => {});
  }

  /** Whether removals are not to be believed now. Notes that one was dropped. */
  holdBack(): boolean {
    const locked = this.#choice?.locked === true;
    this.#heldBack ||= locked;
    return locked;
  }

  /** Registers a running watch, which `end` ends; the server is polled meanwhile. Returns the way to leave. */
  enter(end: (error: DatastoreError) => void): () => void {
    this.#watches.add(end);
    if (this.#watches.size === 1) this.#poll();
    return () => {
      if (this.#watches.delete(end) && this.#watches.size === 0) this.#stopPolling?.();
    };
  }

  #poll(): void {
    const { clock, random, tuning } = this.#context;
    const next = (): void => {
      this.#stopPolling = clock.after(tuning.groupPollMs * (0.8 + 0.4 * random()), () => {
        if (this.#watches.size === 0) return;
        this.poke();
        next();
      });
    };
    next();
  }

  async #look(): Promise<GroupChoice> {
    const [v1, v3] = await Promise.all([this.#view('v1'), this.#view('v3')]);
    const choice = chooseGroup({ v1, v3 }, this.#choice);
    if (choice === 'wait') {
      const problem = 'the API groups of Calico are being changed, or cannot be told; known objects are kept';
      throw new DatastoreError('retry', 'NotFound', problem);
    }
    const previous = this.#choice;
    this.#choice = choice;
    this.#guid = choice.group === undefined ? '' : { v1, v3 }[choice.group].guid;
    if (previous !== undefined) this.#tell(previous, choice);
    return choice;
  }

  /** Ends the watches where the objects are to be listed from elsewhere, or again. */
  #tell(previous: GroupChoice, choice: GroupChoice): void {
    const moved = previous.group !== choice.group;
    const unlocked = this.#heldBack && !choice.locked;
    if (!moved && !unlocked) return;
    this.#heldBack = false;
    const message = moved
      ? `Calico's objects are read from ${choice.group === undefined ? 'nowhere' : CALICO_PATHS[choice.group]} now`
      : 'the Calico datastore is unlocked again';
    for (const end of this.#watches) end(new DatastoreError('relist', 'Relisting', message));
  }

  async #view(group: CalicoGroupName): Promise<Seen> {
    const { client, lifetime } = this.#context;
    let served: JsonObject | undefined;
    try {
      served = await client.object(CALICO_PATHS[group], lifetime);
    } catch (error) {
      // v3 may be served by Calico's own API server behind the aggregator: that being down says nothing of v1.
      if (group === 'v3' && isDown(error)) return { ...NOT_SERVED, served: undefined };
      throw error;
    }
    if (served === undefined) return NOT_SERVED;
    try {
      return seen(await client.object(`${CALICO_PATHS[group]}/clusterinformations/default`, lifetime));
    } catch (error) {
      if (error instanceof DatastoreError && error.reaction === 'forbidden') return seen(undefined);
      throw error;
    }
  }
}

function isDown(error: unknown): boolean {
  return error instanceof DatastoreError && (error.reason === 'ServerError' || error.reason === 'Timeout');
}

function seen(information: JsonObject | undefined): Seen {
  const spec = (information?.['spec'] ?? {}) as JsonObject;
  const { datastoreReady: ready, clusterGUID: guid } = spec as Record<string, unknown>;
  return {
    served: true,
    ready: typeof ready === 'boolean' ? ready : undefined,
    guid: typeof guid === 'string' ? guid : '',
  };
}
