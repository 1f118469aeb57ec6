import type { DatastoreError } from '../../../contract/datastore-error.ts';
import type { RccSnapshot } from '../../../contract/rcc-source.ts';
import type { RccDocument } from '../../../model/rcc.ts';
import type { Presence } from './rcc-presence.ts';

/** An RCC as its group shows it. */
export interface ShownRcc {
  readonly spec: unknown;
  readonly uid: string;
}

/** What is known of one API group now. */
export interface GroupView {
  /** `crd.projectcalico.org/v1`. */
  readonly name: string;
  /** undefined = not yet known. */
  state: Presence['state'] | undefined;
  /** By name, as last listed and watched; undefined = never listed. */
  rccs: ReadonlyMap<string, ShownRcc> | undefined;
  /** Why the group cannot be read at present. */
  failure: DatastoreError | undefined;
}

interface Held {
  readonly document: RccDocument;
  readonly group: GroupView;
}

/**
 * The RCCs of one API server, whichever group shows them. An RCC that vanishes stays until `settle` finds it
 * deleted: a group that is gone, going or unreadable deletes nothing (promise 1 of docs/architecture.md). Pure: no I/O, no time.
 */
export class RccLedger {
  readonly #groups: readonly GroupView[];
  readonly #held = new Map<string, Held>();

  /** @param groups preferred first; changed in place by their owner. */
  constructor(groups: readonly GroupView[]) {
    this.#groups = groups;
  }

  /** Each group was listed, found absent, or failed once. */
  get ready(): boolean {
    return this.#groups.every(
      ({ state, rccs, failure }) => rccs !== undefined || state === 'absent' || failure !== undefined,
    );
  }

  /** Takes in what the groups show now. */
  refresh(): void {
    for (const group of this.#groups.toReversed()) {
      for (const [name, { spec, uid }] of this.#shown(group)) {
        const object = { apiVersion: group.name, uid };
        this.#held.set(name, { document: { name, spec, origin: group.name, object }, group });
      }
    }
  }

  /** RCCs that their group shows no more while it is still there: to be confirmed as deleted, or found in migration. */
  unsettled(): readonly string[] {
    return [...this.#held.entries()]
      .filter(([name, held]) => !this.#isShown(name) && held.group.state !== 'absent')
      .map(([name]) => name);
  }

  /** Counts those of `names` as deleted that the present views allow. */
  settle(names: readonly string[]): void {
    for (const name of names) {
      const held = this.#held.get(name);
      if (held !== undefined && !this.#isShown(name) && this.#mayDelete(held)) this.#held.delete(name);
    }
  }

  snapshot(): RccSnapshot {
    const documents = [...this.#held.values()].map((held) => held.document);
    return {
      documents: documents.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      rejected: [],
      problem: this.#problem(),
    };
  }

  #shown(group: GroupView): ReadonlyMap<string, ShownRcc> {
    return group.state === 'absent' || group.rccs === undefined ? new Map() : group.rccs;
  }

  #isShown(name: string): boolean {
    return this.#groups.some((group) => this.#shown(group).has(name));
  }

  /** Its own group is there to say so, and no other group may still have a copy. */
  #mayDelete(held: Held): boolean {
    return this.#groups.every((group) => {
      if (group.failure !== undefined) return false;
      if (group.state === 'served') return group.rccs !== undefined;
      return group.state === 'absent' && group !== held.group;
    });
  }

  #problem(): RccSnapshot['problem'] {
    const failing = this.#groups.find((group) => group.failure !== undefined);
    if (failing?.failure !== undefined) {
      const { reason, message } = failing.failure;
      return { reason, message };
    }
    const kept = [...this.#held].filter(([name]) => !this.#isShown(name));
    const gone = this.#groups.filter(
      (group) => group.state === 'terminating' || kept.some(([, held]) => held.group === group),
    );
    const vanishing = gone.filter((group) => group.state === 'terminating' || group.state === 'absent');
    if (vanishing.length > 0) {
      const names = vanishing.map((group) => group.name).join(' and ');
      return {
        reason: 'SourceMissing',
        message: `the CRD of RemoteClusterConfigurations in ${names} is gone or being deleted; what it said last still holds`,
      };
    }
    if (this.#groups.every((group) => group.state === 'absent')) {
      const names = this.#groups.map((group) => group.name).join(' nor ');
      return {
        reason: 'SourceMissing',
        message: `RemoteClusterConfigurations are served neither in ${names}: the CRD is not installed`,
      };
    }
    return undefined;
  }
}
