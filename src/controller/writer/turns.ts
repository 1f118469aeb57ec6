import { withDeadline } from '../../runtime/abortable.ts';
import { afterTurn } from '../../runtime/yield.ts';
import type { Refusal } from './attempt.ts';
import { DryRun } from './dry-run.ts';
import type { Mark } from './marks.ts';
import { reactions } from './reaction.ts';
import type { Requests } from './requests.ts';
import { ServicePlan } from './service-plan.ts';
import { ServiceQueue } from './service-queue.ts';
import type { TrackedService } from './tracked-service.ts';
import { TrackedServices } from './tracked-services.ts';
import { TurnSlice } from './turn-slice.ts';
import type { Work } from './work.ts';
import type { WriteRecord } from './write-record.ts';
import type { WriterOptions, WriterRefusal, WriterTimings } from './writer-options.ts';

/** The gate says when it opens; this is for a budget that is 0 for a moment only. */
const GATE_CHECK_MS = 1_000;

/**
 * Who is planned and written when. A marked service waits in the queue; at its turn it is planned, and its works take turns with
 * those of the others, the most urgent first. Everything happens in `pump`, which is called whenever something may have changed.
 */
export class Turns {
  readonly queue: ServiceQueue<TrackedService>;
  readonly #options: WriterOptions;
  readonly #timings: WriterTimings;
  readonly #requests: Requests;
  readonly #record: WriteRecord;
  readonly #dryRun: DryRun | undefined;
  readonly #services: TrackedServices;
  #running = false;
  #cancelWake: (() => void) | undefined;
  #cancelAlarm: (() => void) | undefined;

  constructor(options: WriterOptions, timings: WriterTimings, requests: Requests, record: WriteRecord) {
    this.#options = options;
    this.#timings = timings;
    this.#requests = requests;
    this.#record = record;
    this.queue = new ServiceQueue(timings.agingMs);
    const { clock, random } = options;
    const due = (service: TrackedService): void => {
      this.queue.add(service, undefined);
      this.#wake();
    };
    this.#services = new TrackedServices({ ...timings, clock, random, due });
    this.#dryRun = options.dryRun === true ? new DryRun() : undefined;
  }

  /** What may be written now, in milliseconds; 0 = nothing. */
  get budgetMs(): number {
    return this.#dryRun === undefined ? this.#options.gate.budgetMs() : Infinity;
  }

  /** Those that are not idle. */
  get services(): Pick<TrackedServices, 'get' | 'size' | typeof Symbol.iterator> {
    return this.#services;
  }

  start(): void {
    this.#running = true;
    this.#wake();
  }

  /** Nothing starts any more. */
  stop(): void {
    this.#running = false;
    this.#cancelWake?.();
    this.#cancelAlarm?.();
    this.#services.stop();
  }

  mark(key: string, mark: Mark): void {
    const service = this.#services.track(key);
    service.mark(mark, this.#now);
    if (service.busy) this.#outdate(service);
    else if (service.wait?.whole !== true) {
      this.#dropPlan(service);
      this.#services.endWait(service);
      this.queue.add(service, mark.rank);
    }
    this.#wake();
  }

  /** The gate is open: what is known of what waits is old. */
  opened(): void {
    const now = this.#now;
    for (const service of this.#services) {
      if (service.busy) this.#outdate(service);
      else if (service.wait === undefined) {
        this.#dropPlan(service);
        this.queue.delete(service);
        service.restart(now);
        this.queue.add(service, undefined);
      }
    }
    this.#wake();
  }

  get #now(): number {
    return this.#options.clock.monotonic();
  }

  #wake(): void {
    if (!this.#running || this.#cancelWake !== undefined) return;
    this.#cancelWake = afterTurn(() => {
      this.#cancelWake = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
    if (!this.#running || this.queue.size === 0) return;
    if (this.budgetMs > 0) {
      // Each has a slice of its own: what has a rank need not wait till all have one.
      const ranked = this.#rankSome(new TurnSlice(this.#options.clock));
      const isStarted = this.#startSome(new TurnSlice(this.#options.clock));
      // What goes on waiting is planned anew at its turn; its content is not held till then.
      for (const service of ranked) this.#dropPlan(service);
      if (!isStarted || this.queue.unranked() !== undefined) this.#wake();
    }
    this.#setAlarm();
  }

  /** When what keeps the queue from going on ends without a call. */
  #setAlarm(): void {
    if (this.queue.size === 0) return;
    const waitMs = this.budgetMs > 0 ? this.#requests.limit.pauseMs : GATE_CHECK_MS;
    if (waitMs > 0) this.#cancelAlarm = this.#options.clock.after(waitMs, () => this.#pump());
  }

  /** Those that it planned. */
  #rankSome(slice: TurnSlice): readonly TrackedService[] {
    const ranked: TrackedService[] = [];
    for (;;) {
      const service = this.queue.unranked();
      if (service === undefined || slice.over) return ranked;
      const { suspect } = service;
      if (suspect !== undefined) {
        this.queue.rank(service, suspect.rank);
        continue;
      }
      slice.planned();
      this.#plan(service);
      ranked.push(service);
    }
  }

  /** Whether it came to the end. */
  #startSome(slice: TurnSlice): boolean {
    while (this.#requests.limit.hasRoom && this.budgetMs > 0) {
      const service = this.queue.first();
      if (service === undefined) return true;
      if (slice.over) return false;
      const { plan, suspect } = service;
      if (plan !== undefined) this.#write(service, plan);
      else if (suspect !== undefined) this.#refresh(service, suspect);
      else {
        slice.planned();
        this.#plan(service);
      }
    }
    return true;
  }

  #plan(service: TrackedService): void {
    const marks = service.take();
    let works: readonly Work[];
    try {
      works = this.#options.planOf(service.key);
    } catch (error) {
      service.giveBack(marks);
      const reason = error instanceof Error ? error.message : String(error);
      const message = `${service.key} cannot be planned: ${reason}`;
      this.#fail(service, { problem: 'failed', message, retryAfterMs: undefined }, undefined);
      return;
    }
    if (this.#dryRun !== undefined) {
      this.#describe(service.key, this.#dryRun.fresh(service.key, works));
      this.#forget(service);
      return;
    }
    const plan = new ServicePlan(works, marks);
    service.plan = plan;
    plan.sift(service.holds, this.#now);
    this.#place(service, plan);
    if (plan.over) this.#end(service, plan);
  }

  #write(service: TrackedService, plan: ServicePlan): void {
    const work = plan.next();
    if (work === undefined) return;
    plan.running++;
    this.#place(service, plan);
    const timeoutMs = Math.min(this.#timings.writeTimeoutMs, this.budgetMs);
    this.#requests.start(
      (signal) => work.run(this.#options.api, { signal, timeoutMs }),
      (refusal, recovered) => {
        plan.running--;
        if (refusal === undefined) this.#accepted(service, plan, work);
        else this.#refused(service, plan, work, refusal);
        if (plan.over) this.#end(service, plan);
        this.#goOn(recovered);
      },
    );
  }

  #accepted(service: TrackedService, plan: ServicePlan, work: Work): void {
    const { key } = service;
    const { cause, seenAt } = plan.marks;
    const described = work.describe();
    service.accepted(work);
    this.#record.accepted(key, { at: this.#options.clock.now(), cause, work: described });
    this.#options.observer?.accepted?.({ key, work: described, seenAt });
  }

  #refused(service: TrackedService, plan: ServicePlan, work: Work, refusal: Refusal): void {
    const described = work.describe();
    this.#record.count(described, refusal.problem);
    const { lateRetryMs } = this.#timings;
    const lateMs = lateRetryMs / 2 + (this.#options.random() * lateRetryMs) / 2;
    const retryInMs = service.refused(plan, work, refusal, { now: this.#now, lateMs });
    this.#place(service, plan);
    if (retryInMs === undefined || !reactions[refusal.problem].reported) return;
    this.#report(service, { ...refusal, work: described, retryInMs });
  }

  #end(service: TrackedService, plan: ServicePlan): void {
    this.queue.delete(service);
    const now = this.#now;
    const whole = service.ended(plan, now);
    if (plan.again || service.dirty) this.queue.add(service, undefined);
    else if (!whole) this.#wait(service, Math.min(plan.wakeAt - now, this.#timings.lateRetryMs), false);
    else if (plan.secondPhase === undefined) this.#forget(service);
    else if (service.nextRound()) this.queue.add(service, plan.secondPhase);
    else {
      const message = `the plan of ${service.key} does not come to an end`;
      this.#fail(service, { problem: 'failed', message, retryAfterMs: undefined }, undefined);
    }
  }

  #refresh(service: TrackedService, suspect: Work): void {
    const { api, clock } = this.#options;
    const ms = this.#timings.readTimeoutMs;
    this.queue.delete(service);
    service.refreshing = true;
    const exceeded = (): Error => new Error(`${service.key}: an object was not read within ${ms} ms`);
    this.#requests.start(
      (signal) => withDeadline({ clock, ms, exceeded }, signal, (signal) => suspect.refresh(api, signal)),
      (refusal, recovered) => {
        service.refreshing = false;
        if (refusal === undefined) service.cleared(suspect);
        if (refusal === undefined || refusal.problem === 'throttled') this.queue.add(service, undefined);
        else this.#fail(service, refusal, suspect);
        this.#goOn(recovered);
      },
    );
  }

  /** It cannot be planned now, whatever changes. */
  #fail(service: TrackedService, refusal: Refusal, work: Work | undefined): void {
    const { problem, message } = refusal;
    const retryInMs = service.backoff.next();
    service.trouble = { problem, message };
    this.#wait(service, retryInMs, true);
    this.#report(service, { problem, message, work: work?.describe(), retryInMs });
  }

  #wait(service: TrackedService, ms: number, whole: boolean): void {
    this.queue.delete(service);
    this.#services.wait(service, ms, whole);
  }

  #report(service: TrackedService, refusal: Omit<WriterRefusal, 'key' | 'attempt'>): void {
    const { work, problem, message, retryInMs } = refusal;
    const attempt = service.backoff.failures;
    const told = { key: service.key, work, problem, message, retryInMs, attempt };
    this.#options.observer?.refused?.(told);
  }

  #describe(key: string, fresh: readonly Work[]): void {
    if (fresh.length === 0) return;
    const works = fresh.map((work) => work.describe());
    for (const work of works) this.#record.count(work, 'dry-run');
    this.#options.observer?.planned?.({ key, works });
  }

  #goOn(recovered: boolean): void {
    if (recovered) this.#recovered();
    this.#pump();
  }

  /** What failed in the outage need not wait any longer; the limit keeps it from coming all at once. */
  #recovered(): void {
    for (const service of this.#services) {
      if (service.wait === undefined || service.trouble?.problem !== 'failed') continue;
      service.holds.clear();
      service.backoff.reset();
      this.#services.endWait(service);
      this.queue.add(service, undefined);
    }
  }

  #outdate(service: TrackedService): void {
    service.plan?.outdate();
    this.queue.delete(service);
  }

  /** Of a service of which nothing is under way. */
  #dropPlan(service: TrackedService): void {
    if (service.plan === undefined || service.busy) return;
    service.giveBack(service.plan.marks);
    service.plan = undefined;
  }

  #place(service: TrackedService, plan: ServicePlan): void {
    if (plan.rank === undefined) this.queue.delete(service);
    else this.queue.rank(service, plan.rank);
  }

  #forget(service: TrackedService): void {
    this.queue.delete(service);
    this.#services.forget(service);
  }
}
