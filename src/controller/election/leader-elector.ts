import type { LocalApi } from '../../contract/local-api.ts';
import type { WriteGate } from '../../contract/write-gate.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { withDeadline } from '../../runtime/abortable.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { ElectionEvent } from './election-event.ts';
import { GateState } from './gate-state.ts';
import { LeaseClient, isForbidden, isOutdated } from './lease-client.ts';
import { type LeaseTimings, leaseTimingsProblem } from './lease-timings.ts';
import { type LeaseClaim, type LeaseName, claimedLease, microTime } from './lease.ts';
import { ObservedLease } from './observed-lease.ts';
import { RetryPause } from './retry-pause.ts';

export interface LeaderElectorOptions {
  readonly lease: LeaseName;
  /** Unique among all candidates of all times: the pod's name and a random suffix. */
  readonly identity: string;
  readonly timings: LeaseTimings;
  readonly clock: Clock;
  readonly random: Random;
  /** Must not throw and must not block. */
  readonly report: (event: ElectionEvent) => void;
}

/** So often in a row the Lease is read again because somebody else was faster, before the next regular attempt. */
const MAX_ROUNDS = 3;

/**
 * Elects one writer by a Lease of coordination.k8s.io/v1, compatible with client-go's elections on the same Lease, and is
 * the writer's gate.
 *
 * Safety rests on durations only, never on a comparison of two clocks: the holder's budget ends renewDeadline after it
 * *sent* its last accepted renewal; another takes the Lease no earlier than leaseDuration after it *saw* that renewal, which
 * is later and longer. Clocks that run at different speeds are covered by the difference of the two.
 *
 * Life: `run(signal)`; abort closes the gate at once; when the writes under way have ended, `release()`.
 */
export class LeaderElector implements WriteGate {
  readonly identity: string;
  readonly #options: LeaderElectorOptions;
  readonly #leaseText: string;
  readonly #client: LeaseClient;
  readonly #observed: ObservedLease;
  readonly #pause: RetryPause;
  readonly #gate: GateState;
  /** The Lease as our last accepted claim left it; undefined = to be read first. */
  #own: JsonObject | undefined;
  /** Whether a claim was ever sent: only then there can be something to release. */
  #claimed = false;
  #claims = 0;
  #failing: 'forbidden' | 'failed' | undefined;
  #state: 'new' | 'running' | 'ended' = 'new';

  /** @throws RangeError if the timings are not sound, or the identity is empty. */
  constructor(api: LocalApi, options: LeaderElectorOptions) {
    const problem = leaseTimingsProblem(options.timings);
    if (problem !== undefined) throw new RangeError(`leader election: ${problem}`);
    if (options.identity === '') throw new RangeError('leader election: the identity is empty');
    const { clock, random, lease, timings } = options;
    this.identity = options.identity;
    this.#options = options;
    this.#leaseText = `${lease.namespace}/${lease.name}`;
    // Half of the deadline, so that a connection that hangs leaves time for a second attempt.
    this.#client = new LeaseClient(api, clock, lease, timings.renewDeadlineMs / 2);
    this.#observed = new ObservedLease(clock, timings.leaseDurationMs);
    this.#pause = new RetryPause(timings, random);
    this.#gate = new GateState(clock, (open) => this.#changed(open));
  }

  budgetMs(): number {
    return this.#gate.budgetMs();
  }

  onChange(listener: (mayWrite: boolean) => void): () => void {
    return this.#gate.onChange(listener);
  }

  /** The identity in the Lease as last seen, ours or another's. */
  get holder(): string | null {
    return this.#observed.holder;
  }

  /** Stands for election until the signal aborts; resolves then, with the gate closed and no request under way. Call once. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'new') throw new Error('a LeaderElector runs once');
    this.#state = 'running';
    const close = (): void => this.#gate.closeForGood();
    signal.addEventListener('abort', close, { once: true });
    while (!signal.aborted) {
      const pauseMs = await this.#attempt(signal);
      if (!signal.aborted) await this.#options.clock.sleep(pauseMs, signal).catch(() => {});
    }
    signal.removeEventListener('abort', close);
    close();
    this.#state = 'ended';
  }

  /**
   * Gives the Lease away, so that the next candidate need not wait for its end. Only after `run` has resolved and after the
   * last write has ended. Does nothing where the Lease is not ours. Never rejects; false = it could not be given away.
   */
  async release(signal: AbortSignal): Promise<boolean> {
    if (this.#state === 'running') throw new Error('release() before run() has ended');
    if (!this.#claimed) return true;
    const { clock, timings } = this.#options;
    const ms = timings.renewDeadlineMs;
    const exceeded = (): Error => new Error(`the Lease could not be released in ${ms} ms`);
    try {
      await withDeadline({ clock, ms, exceeded }, signal, (limited) => this.#release(limited));
    } catch (error) {
      this.#failed(error);
      return false;
    }
    return true;
  }

  /** One try to take or to renew. @returns the pause before the next. */
  async #attempt(signal: AbortSignal): Promise<number> {
    try {
      const untilFreeMs = await this.#takeOrRenew(signal);
      this.#worked();
      return untilFreeMs > 0 ? this.#pause.whileHeld(untilFreeMs) : this.#pause.afterRenewal();
    } catch (error) {
      if (signal.aborted) return 0;
      this.#failed(error);
      return this.#pause.afterFailure(error, this.budgetMs() > 0);
    }
  }

  /** @returns 0 = it is ours; else how long it is another's at least. */
  async #takeOrRenew(signal: AbortSignal): Promise<number> {
    for (let round = 1; ; round++) {
      const lease = this.#own ?? (await this.#read(signal));
      const untilFreeMs = this.#observed.waitMs(this.identity);
      if (untilFreeMs > 0) return untilFreeMs;
      try {
        await this.#claim(lease, signal);
        return 0;
      } catch (error) {
        // Whether it was done is not known, or somebody else was faster: only a fresh read tells.
        this.#own = undefined;
        if (!isOutdated(error) || round === MAX_ROUNDS) throw error;
      }
    }
  }

  async #read(signal: AbortSignal): Promise<JsonObject | undefined> {
    const lease = await this.#client.read(signal);
    this.#observe(lease);
    return lease;
  }

  async #claim(lease: JsonObject | undefined, signal: AbortSignal): Promise<void> {
    const { clock, timings } = this.#options;
    const sentAt = clock.monotonic();
    this.#claimed = true;
    const next = claimedLease(lease, this.#options.lease, this.#nextClaim());
    const accepted = await this.#client.write(next, signal);
    this.#own = accepted;
    this.#observe(accepted);
    this.#gate.openUntil(sentAt + timings.renewDeadlineMs);
  }

  #nextClaim(): LeaseClaim {
    const { record } = this.#observed;
    const renewTime = this.#now();
    const seconds = this.#options.timings.leaseDurationMs / 1000;
    const common = { holderIdentity: this.identity, leaseDurationSeconds: seconds, renewTime };
    if (record === undefined) return { ...common, acquireTime: renewTime, leaseTransitions: 0 };
    const { transitions, acquireTime, holder } = record;
    if (holder === this.identity) return { ...common, acquireTime, leaseTransitions: transitions };
    return { ...common, acquireTime: renewTime, leaseTransitions: transitions + 1 };
  }

  async #release(signal: AbortSignal): Promise<void> {
    for (let round = 1; ; round++) {
      // Read anew: a renewal that was broken off may have been accepted.
      const lease = await this.#read(signal);
      const { record } = this.#observed;
      if (lease === undefined || record?.holder !== this.identity) return;
      const now = this.#now();
      const claim: LeaseClaim = {
        holderIdentity: '',
        leaseDurationSeconds: 1,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: record.transitions,
      };
      try {
        this.#observe(await this.#client.write(claimedLease(lease, this.#options.lease, claim), signal));
        this.#options.report({ event: 'leader.released', lease: this.#leaseText, identity: this.identity });
        return;
      } catch (error) {
        if (!isOutdated(error) || round === MAX_ROUNDS) throw error;
      }
    }
  }

  /** No two renewals in a row look equal, even where the clock stands still: others go by changes. */
  #now(): string {
    return microTime(this.#options.clock.now(), this.#claims++);
  }

  #observe(lease: JsonObject | undefined): void {
    const before = this.#observed.holder;
    this.#observed.observe(lease);
    const { holder } = this.#observed;
    if (holder !== before) this.#options.report({ event: 'leader.changed', lease: this.#leaseText, holder });
    if (holder !== this.identity) this.#gate.close();
  }

  #changed(open: boolean): void {
    const { report } = this.#options;
    const who = { lease: this.#leaseText, identity: this.identity };
    if (open) {
      report({ event: 'leader.acquired', ...who });
    } else if (!this.#gate.closedForGood) {
      const taken = this.holder !== this.identity;
      const message = taken
        ? `the Lease is held by ${this.holder ?? 'nobody'} now`
        : `the Lease could not be renewed for ${this.#options.timings.renewDeadlineMs} ms`;
      report({ event: 'leader.lost', ...who, message });
    }
  }

  #worked(): void {
    if (this.#failing === undefined) return;
    this.#failing = undefined;
    this.#options.report({ event: 'lease.resumed', lease: this.#leaseText });
  }

  #failed(error: unknown): void {
    const problem = isForbidden(error) ? 'forbidden' : 'failed';
    if (this.#failing === problem) return;
    this.#failing = problem;
    const message = error instanceof Error ? error.message : String(error);
    this.#options.report({ event: 'lease.failed', lease: this.#leaseText, problem, message });
  }
}
