import type { FleetStatus } from '../contract/cluster-status.ts';
import type { Reporter } from '../contract/event.ts';
import type { FederationOptions } from '../contract/federation-options.ts';
import type { Lister } from '../contract/lister.ts';
import type { LocalApi, LocalCollection, LocalObserver } from '../contract/local-api.ts';
import type { WriteGate } from '../contract/write-gate.ts';
import { LOCAL_CLUSTER_TEXT, MANAGED_BY, MANAGED_BY_LABEL } from '../model/federation.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { ClusterEvents } from './cluster-events.ts';
import { ClusterGate } from './cluster-gate.ts';
import { OwnedEndpointsStore } from './endpoints/owned-endpoints-store.ts';
import { TakeOvers } from './endpoints/take-overs.ts';
import { EventRecorder } from './events/event-recorder.ts';
import { Histogram } from './histogram.ts';
import { OwnedSlices } from './owned/owned-slices.ts';
import { FederatedServices } from './selection/federated-services.ts';
import { SERVICE_CIDRS, ServiceCidrs } from './service-cidrs.ts';
import { ServicePlans } from './service-plans.ts';
import { ServiceMarks } from './service-marks.ts';
import { ServiceWarnings } from './service-warnings.ts';
import { worksOf } from './service-works.ts';
import type { Work, WorkDescription } from './writer/work.ts';
import type { WriterRefusal } from './writer/writer-options.ts';
import { Writer } from './writer/writer.ts';
import { splitKey, writtenObject } from './written-object.ts';

export interface FederationParts {
  readonly options: FederationOptions;
  readonly api: LocalApi;
  /** Services and EndpointSlices of the local cluster, as of a cluster named `(local)`. */
  readonly local: Lister;
  readonly remote: Lister;
  readonly fleet: FleetStatus;
  readonly gate: WriteGate;
  /** Who we are in Events: the name of the pod or host. */
  readonly instance: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Reporter;
}

const OWN_SLICES: LocalCollection = {
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}`,
  what: 'our EndpointSlices',
};
const ENDPOINTS: LocalCollection = { path: '/api/v1/endpoints', what: 'Endpoints' };

/** How often it is looked at how the clusters are, and whether they became complete, stale or gone: no event announces it. */
const TICK_MS = 500;
const LATENCY_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Programs the federated services of the local cluster: follows what backs them and what is written, plans each service
 * that anything changed for, and writes the difference. Level-based throughout: a plan is made of the present state alone,
 * so no event that is lost, doubled or late does harm.
 */
export class FederationController {
  readonly services: FederatedServices;
  readonly slices = new OwnedSlices();
  readonly endpoints = new OwnedEndpointsStore();
  readonly clusters: ClusterGate;
  readonly plans: ServicePlans;
  readonly writer: Writer;
  readonly events: EventRecorder;
  readonly latency = new Histogram(LATENCY_BOUNDS);
  readonly #parts: FederationParts;
  readonly #warnings: ServiceWarnings;
  readonly #clusterEvents: ClusterEvents;
  readonly #cidrs: ServiceCidrs;
  readonly #marks: ServiceMarks;

  constructor(parts: FederationParts) {
    const { options, local, remote, fleet, clock, report } = parts;
    this.#parts = parts;
    const { stalePolicy, staleTtlMs } = options;
    this.clusters = new ClusterGate({ local, remote, fleet, clock, stalePolicy, staleTtlMs });
    this.#cidrs = new ServiceCidrs(
      () => this.services.markAll(),
      (message) =>
        report({
          event: 'local.failed',
          what: SERVICE_CIDRS.what,
          message: `${message}; addresses of remotes are not compared with the local service range (--local-service-cidr)`,
        }),
    );
    this.services = new FederatedServices({
      local,
      localName: LOCAL_CLUSTER_TEXT,
      remote,
      gate: this.clusters,
      options: {
        stale: (cluster) => this.clusters.staleness(cluster),
        serviceCidrs: () => options.localServiceCidrs ?? this.#cidrs.current(),
      },
    });
    this.events = this.#newRecorder();
    this.#warnings = new ServiceWarnings(this.events, report);
    this.#clusterEvents = new ClusterEvents({
      recorder: this.events,
      mayWrite: () => this.mayWrite,
      clock,
    });
    this.plans = this.#newPlans();
    this.writer = this.#newWriter();
    this.#marks = new ServiceMarks({
      output: options.output,
      local,
      services: this.services,
      slices: this.slices,
      endpoints: this.endpoints,
      clusters: this.clusters,
      plans: this.plans,
      clock: parts.clock,
      mark: (key, mark) => this.writer.mark(key, mark),
    });
  }

  get mayWrite(): boolean {
    return !this.#parts.options.dryRun && this.#parts.gate.budgetMs() > 0;
  }

  get holder(): string | null {
    return this.#parts.gate.holder;
  }

  get options(): FederationOptions {
    return this.#parts.options;
  }

  /** Runs until the signal aborts, then ends the writes under way and resolves. Nothing is withdrawn. Once only. */
  async run(signal: AbortSignal): Promise<void> {
    const { report, options } = this.#parts;
    report({ event: 'controller.started', output: options.output, dryRun: options.dryRun });
    const unsubscribe = this.#marks.subscribe();
    this.clusters.refresh();
    this.services.start();
    // What is read goes on till the last write has ended: its answers are compared with it.
    const reading = new AbortController();
    const running = [
      this.#follow(OWN_SLICES, this.slices, reading.signal),
      this.#follow(ENDPOINTS, this.endpoints, reading.signal),
      ...(options.localServiceCidrs === undefined
        ? [this.#follow(SERVICE_CIDRS, this.#cidrs, reading.signal)]
        : []),
      this.events.run(reading.signal),
      this.#tick(signal),
      this.#reconcile(signal),
    ];
    await this.writer.run(signal);
    reading.abort(new Error('the controller ends'));
    await Promise.all(running);
    unsubscribe();
    this.services.stop();
  }

  /** Everything is compared again from time to time; the collections are listed anew for it, whatever their watches said. */
  async #follow(collection: LocalCollection, observer: LocalObserver, signal: AbortSignal): Promise<void> {
    const { api, options, report } = this.#parts;
    const told: LocalObserver = {
      listed: (objects, revision) => observer.listed(objects, revision),
      changed: (changes) => observer.changed(changes),
      failed: (message) => {
        observer.failed(message);
        if (observer !== this.#cidrs) report({ event: 'local.failed', what: collection.what, message });
      },
    };
    while (!signal.aborted) {
      const round = new AbortController();
      const cancel = this.#parts.clock.after(options.reconcilePeriodMs, () => round.abort());
      await api.follow(collection, told, AbortSignal.any([signal, round.signal]));
      cancel();
    }
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    const { clock, options } = this.#parts;
    while (!signal.aborted) {
      await clock.sleep(options.reconcilePeriodMs, signal).catch(() => undefined);
      if (!signal.aborted) this.#marks.markAll('periodic reconcile');
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { clock, report } = this.#parts;
    while (!signal.aborted) {
      try {
        this.#marks.look();
        this.#clusterEvents.look(this.clusters.statuses());
      } catch (error) {
        report({ event: 'internal.error', message: `controller: ${String(error)}` });
      }
      await clock.sleep(TICK_MS, signal).catch(() => undefined);
    }
  }

  #worksOf(key: string): readonly Work[] {
    const { namespace, name } = splitKey(key);
    const plan = this.plans.planOf(namespace, name);
    const { desired } = plan;
    if (this.plans.ready) this.#warnings.set(desired, desired.warnings);
    return worksOf(plan, { slices: this.slices, endpoints: this.endpoints });
  }

  #accepted(write: {
    readonly key: string;
    readonly work: WorkDescription;
    readonly seenAt: number | undefined;
  }): void {
    const { clock, report } = this.#parts;
    if (write.seenAt !== undefined) this.latency.observe(Math.max(0, clock.now() - write.seenAt) / 1000);
    report({ event: 'write.accepted', ...writtenObject(write.key, write.work) });
  }

  #refused({ key, work, problem, message, retryInMs, attempt }: WriterRefusal): void {
    const none = { kind: 'plan', op: 'make', name: '' } as const;
    const { report } = this.#parts;
    const where = writtenObject(key, work ?? none);
    report({ event: 'write.refused', ...where, problem, message, retryInMs, attempt });
    if (problem === 'invalid')
      this.#warnings.tell(this.#service(where.namespace, where.service), 'SliceRefused', message);
  }

  #newRecorder(): EventRecorder {
    const { api, instance, gate, options, clock, random, report } = this.#parts;
    return new EventRecorder(api, {
      source: { component: 'fedsyncd', instance },
      gate,
      dryRun: options.dryRun,
      clock,
      random,
      onFailure: (message) => report({ event: 'kubernetes.events.failed', message }),
    });
  }

  #newPlans(): ServicePlans {
    const { options, local } = this.#parts;
    return new ServicePlans({
      output: options.output,
      maxEndpointsPerSlice: options.maxEndpointsPerSlice,
      local,
      services: this.services,
      slices: this.slices,
      endpoints: this.endpoints,
      takeOvers: new TakeOvers({
        onAnotherController: (namespace, name, reason) =>
          this.#warnings.tell(this.#service(namespace, name), 'AnotherController', reason),
      }),
      gate: this.clusters,
    });
  }

  #newWriter(): Writer {
    const { options, api, gate, clock, random, report } = this.#parts;
    return new Writer({
      api,
      gate,
      planOf: (key) => this.#worksOf(key),
      clock,
      random,
      dryRun: options.dryRun,
      maxParallelWrites: options.maxParallelWrites,
      timings: { writeTimeoutMs: options.writeTimeoutMs },
      observer: {
        accepted: (write) => this.#accepted(write),
        refused: (refusal) => this.#refused(refusal),
        planned: ({ key, works }) => {
          for (const work of works) report({ event: 'write.planned', ...writtenObject(key, work) });
        },
      },
    });
  }

  #service(
    namespace: string,
    name: string,
  ): { readonly namespace: string; readonly name: string; readonly uid: string } {
    const found = this.#parts.local.get(LOCAL_CLUSTER_TEXT, 'Service', { namespace, name });
    const uid = found?.entry.kind === 'Service' ? found.entry.uid : '';
    return { namespace, name, uid };
  }
}
