import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { LocalCollection } from '../../../contract/local-api.ts';
import type { RccSnapshot, RccSource } from '../../../contract/rcc-source.ts';
import { Backoff } from '../../../runtime/backoff.ts';
import type { JsonObject } from '../../../model/json-field.ts';
import { listCollection } from './collection-list.ts';
import { byKey, listAndWatch } from './list-and-watch.ts';
import { metadataOf, stringOf } from './local-body.ts';
import type { LocalConnection } from './local-connection.ts';
import { type GroupView, RccLedger, type ShownRcc } from './rcc-ledger.ts';
import { RCC_GROUPS, RCC_RESOURCE, type RccGroup, probeGroup } from './rcc-presence.ts';
import { retryDelay } from './retry-delay.ts';
import { KubernetesSecretSource } from './secret-source.ts';

export interface RccSourceTimings {
  /** A group that is absent is looked for again after this time. */
  readonly absentPollMs: number;
  /** Discovery follows the CRD with a delay: where it alone is the witness it is asked after this time. */
  readonly discoveryLagMs: number;
  /** A deletion that could not be confirmed is looked at again after this time. */
  readonly confirmAgainMs: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
}

const TIMINGS: RccSourceTimings = {
  absentPollMs: 10_000,
  discoveryLagMs: 2000,
  confirmAgainMs: 10_000,
  firstRetryMs: 1000,
  maxRetryMs: 30_000,
};

/** A round that lasted so long was a success, whatever ended it. */
const STEADY_MS = 30_000;

interface Group extends GroupView {
  readonly api: RccGroup;
}

/** RCCs of the local cluster's API, from `crd.projectcalico.org/v1` and `projectcalico.org/v3` as one source. */
export class KubernetesRccSource implements RccSource {
  readonly name = 'kubernetes';
  readonly secrets: KubernetesSecretSource;
  readonly #connection: LocalConnection;
  readonly #timings: RccSourceTimings;

  /** @param connection to the local API; the caller closes its transport. */
  constructor(connection: LocalConnection, timings: Partial<RccSourceTimings> = {}) {
    this.#connection = connection;
    this.#timings = { ...TIMINGS, ...timings };
    this.secrets = new KubernetesSecretSource(connection);
  }

  async run(onSnapshot: (snapshot: RccSnapshot) => void, signal: AbortSignal): Promise<void> {
    const run = new Run(this.#connection, this.#timings, onSnapshot, signal);
    await run.done();
  }
}

/** The state of one `run`. */
class Run {
  readonly #connection: LocalConnection;
  readonly #timings: RccSourceTimings;
  readonly #onSnapshot: (snapshot: RccSnapshot) => void;
  readonly #signal: AbortSignal;
  readonly #groups: readonly Group[] = RCC_GROUPS.map((api) => ({
    api,
    name: `${api.group}/${api.version}`,
    state: undefined,
    rccs: undefined,
    failure: undefined,
  }));
  readonly #ledger = new RccLedger(this.#groups);
  #ready = false;
  #confirming: Promise<void> | undefined;

  constructor(
    connection: LocalConnection,
    timings: RccSourceTimings,
    onSnapshot: (snapshot: RccSnapshot) => void,
    signal: AbortSignal,
  ) {
    this.#connection = connection;
    this.#timings = timings;
    this.#onSnapshot = onSnapshot;
    this.#signal = signal;
  }

  async done(): Promise<void> {
    await Promise.all(this.#groups.map((group) => this.#follow(group)));
    await this.#confirming;
  }

  async #follow(group: Group): Promise<void> {
    const { clock, random } = this.#connection;
    const { firstRetryMs, maxRetryMs } = this.#timings;
    const backoff = new Backoff({ firstMs: firstRetryMs, maxMs: maxRetryMs, random });
    while (!this.#signal.aborted) {
      let pause: number;
      const listedBefore = group.rccs;
      const started = clock.monotonic();
      try {
        pause = await this.#round(group);
        backoff.reset();
      } catch (error) {
        if (this.#signal.aborted) return;
        const failure = asDatastoreError(error);
        if (clock.monotonic() - started > STEADY_MS) backoff.reset();
        pause = retryDelay(failure, backoff, random);
        // A watch that breaks now and then is no news as long as the next list succeeds.
        const listed = group.rccs !== listedBefore && failure.reaction !== 'forbidden';
        if (!listed || backoff.failures > 3) {
          group.failure = failure;
          this.#changed();
        }
      }
      await clock.sleep(pause, this.#signal).catch(() => {});
    }
  }

  /** Until something fails, or the group is absent. @returns the pause before the next round */
  async #round(group: Group): Promise<number> {
    const { state } = await probeGroup(this.#connection.transport, group.api, this.#signal);
    group.state = state;
    if (state === 'absent') {
      group.failure = undefined;
      group.rccs = undefined;
      this.#changed();
      return this.#timings.absentPollMs;
    }
    return listAndWatch(
      collectionOf(group.api),
      this.#connection,
      (objects) => {
        group.failure = undefined;
        group.rccs = new Map([...objects].map(([name, object]) => [name, shownRcc(object)]));
        this.#changed();
      },
      this.#signal,
    );
  }

  #changed(): void {
    this.#ledger.refresh();
    this.#ready ||= this.#ledger.ready;
    if (!this.#ready) return;
    if (this.#ledger.unsettled().length > 0) {
      this.#confirming ??= this.#confirm().finally(() => {
        this.#confirming = undefined;
      });
    }
    this.#onSnapshot(this.#ledger.snapshot());
  }

  /** What the watches say is gone is deleted only if the CRDs are seen to be in good health afterwards. */
  async #confirm(): Promise<void> {
    const { clock } = this.#connection;
    while (!this.#signal.aborted) {
      // One that vanishes during the probe may be the first victim of a CRD deleted after it: not in this turn.
      const names = this.#ledger.unsettled();
      if (names.length === 0) return;
      try {
        if (!(await this.#probeAll())) {
          await clock.sleep(this.#timings.discoveryLagMs, this.#signal);
          await this.#probeAll();
        }
        const present = await this.#presentNow();
        this.#ledger.settle(names.filter((name) => !present.has(name)));
        this.#onSnapshot(this.#ledger.snapshot());
      } catch {
        // No answer confirms nothing; the groups' own loops report what is wrong.
      }
      if (this.#ledger.unsettled().length === 0) return;
      await clock.sleep(this.#timings.confirmAgainMs, this.#signal).catch(() => {});
    }
  }

  /** Listed anew: the watch of a group may lag behind the other's, and one that moved over must not blink. */
  async #presentNow(): Promise<ReadonlySet<string>> {
    const served = this.#groups.filter((group) => group.state === 'served');
    const lists = await Promise.all(
      served.map((group) => listCollection(collectionOf(group.api), this.#connection, this.#signal)),
    );
    return new Set(lists.flatMap(({ objects }) => [...byKey(objects).keys()]));
  }

  /** True if each answer came from the CRD itself. */
  async #probeAll(): Promise<boolean> {
    const { transport } = this.#connection;
    const found = await Promise.all(
      this.#groups.map(async (group) => {
        const presence = await probeGroup(transport, group.api, this.#signal);
        // One that just appeared is `served` without a list, which forbids deletions until its own loop listed it.
        group.state = presence.state;
        return presence;
      }),
    );
    return found.every((presence) => presence.certain || presence.state === 'absent');
  }
}

function shownRcc(object: JsonObject): ShownRcc {
  return { spec: object['spec'], uid: stringOf(metadataOf(object)['uid']) };
}

/** The list of one group. */
function collectionOf({ group, version }: RccGroup): LocalCollection {
  return {
    path: `/apis/${group}/${version}/${RCC_RESOURCE}`,
    what: `${RCC_RESOURCE}.${group}`,
  };
}

function asDatastoreError(error: unknown): DatastoreError {
  if (error instanceof DatastoreError) return error;
  return new DatastoreError('retry', 'ProtocolError', 'reading RemoteClusterConfigurations failed', {
    cause: error,
  });
}
