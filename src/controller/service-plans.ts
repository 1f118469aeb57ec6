import type { Lister } from '../contract/lister.ts';
import {
  LOCAL_CLUSTER_TEXT,
  SERVICE_SELECTOR_ANNOTATION,
  SKIP_MIRROR_LABEL,
  type SourceCluster,
} from '../model/federation.ts';
import type { Service } from '../model/service.ts';
import type { ClusterGate } from './cluster-gate.ts';
import type { EndpointsEdit } from './endpoints/endpoints-edit.ts';
import type { OwnedEndpointsStore } from './endpoints/owned-endpoints-store.ts';
import { endpointsFamily, type EndpointsPlan, planEndpoints } from './endpoints/plan-endpoints.ts';
import { servedBySlices, slicesToRetire } from './endpoints/slice-cover.ts';
import type { TakeOverStep } from './endpoints/take-over.ts';
import type { TakeOvers } from './endpoints/take-overs.ts';
import type { OwnedSlice } from './owned/owned-slice.ts';
import type { OwnedSlices } from './owned/owned-slices.ts';
import type { Edit } from './plan/edit.ts';
import { plan, type PlanOptions } from './plan/plan.ts';
import { Planner } from './plan/planner.ts';
import type { FederatedServices } from './selection/federated-services.ts';
import type { SelectedService } from './selection/service-selection.ts';
import { withSilentClusters } from './silent-clusters.ts';

export interface ServicePlansOptions {
  readonly output: 'endpointslices' | 'endpoints';
  readonly maxEndpointsPerSlice: number;
  readonly local: Lister;
  readonly services: FederatedServices;
  readonly slices: OwnedSlices;
  readonly endpoints: OwnedEndpointsStore;
  readonly takeOvers: TakeOvers;
  readonly gate: ClusterGate;
}

/** What is to be written for one service now. */
export interface ServicePlan {
  readonly desired: SelectedService;
  readonly slices: readonly Edit[];
  readonly endpoints: readonly EndpointsEdit[];
  /** Why it is not written as it should be, for people: sentences. */
  readonly notes: readonly string[];
}

/** Joins selection, what is written, and the take-over of what others wrote, to the plan of one service. Reads only. */
export class ServicePlans {
  readonly #options: ServicePlansOptions;
  readonly #planner = new Planner();

  constructor(options: ServicePlansOptions) {
    this.#options = options;
  }

  /** Everything that a plan is made from is known: before that there is none. */
  get ready(): boolean {
    const { slices, endpoints, gate } = this.#options;
    return slices.synced && endpoints.synced && !gate.isHeld(null);
  }

  /** What is missing before anything can be planned, for people; none = `ready`. */
  *missing(): Generator<string> {
    const { slices, endpoints, gate } = this.#options;
    const local = gate.whyHeld(null);
    if (local !== undefined) yield `the local cluster: ${local}`;
    if (!slices.synced) yield `our EndpointSlices are not listed yet${because(slices.problem)}`;
    if (!endpoints.synced) yield `Endpoints are not listed yet${because(endpoints.problem)}`;
  }

  /** Every service that has something written, or to be written: `name` is '' for slices of no service. */
  *keys(): Generator<{ readonly namespace: string; readonly name: string }> {
    const { services, slices, endpoints, output } = this.#options;
    const told = new Set<string>();
    const fresh = (namespace: string, name: string): boolean => {
      const key = `${namespace}/${name}`;
      const isNew = !told.has(key);
      told.add(key);
      return isNew;
    };
    for (const { namespace, name } of services.keys()) if (fresh(namespace, name)) yield { namespace, name };
    for (const { namespace, service: name } of slices.services()) {
      if (fresh(namespace, name)) yield { namespace, name };
    }
    for (const { namespace } of slices.orphans()) if (fresh(namespace, '')) yield { namespace, name: '' };
    if (output !== 'endpoints') return;
    for (const { namespace, name, selector } of endpoints.all()) {
      if (selector !== undefined && fresh(namespace, name)) yield { namespace, name };
    }
  }

  /** The plan for now; an empty one before `ready`. To be used in the same turn of the event loop. */
  planOf(namespace: string, name: string): ServicePlan {
    const { services, slices, gate, output } = this.#options;
    const owned = slices.ofService(namespace, name);
    const desired = withSilentClusters(services.desired(namespace, name), owned, {
      staleness: (cluster) => gate.staleness(cluster),
      keepsReady: this.#service(namespace, name)?.publishNotReadyAddresses ?? false,
    });
    if (!this.ready) return nothing(desired, NOT_READY);
    if (output === 'endpoints') return this.#endpointsPlan(desired, owned);
    const edits = this.#planner.plan(desired, owned, this.#planOptions(namespace));
    if (desired.parts.length === 0 && owned.length === 0) this.#planner.forget(namespace, name);
    const step = this.#takeOver(desired, owned);
    if (step?.blocked) return nothing(desired, step.reason);
    return { desired, slices: edits, endpoints: step?.edits ?? [], notes: [] };
  }

  /** What would be written if the cluster were removed. */
  planWithout(namespace: string, name: string, without: string): ServicePlan {
    const { services, slices, output } = this.#options;
    const owned = slices.ofService(namespace, name);
    const now = services.desired(namespace, name);
    const desired = {
      ...now,
      parts: now.parts.filter(({ cluster }) => cluster !== without),
      isHeld: (cluster: SourceCluster) => cluster !== without && now.isHeld(cluster),
    };
    if (!this.ready) return nothing(desired, NOT_READY);
    if (output === 'endpoints') return this.#endpointsPlan(desired, owned);
    return { desired, slices: plan(desired, owned, this.#planOptions(namespace)), endpoints: [], notes: [] };
  }

  #service(namespace: string, name: string): Service | undefined {
    const entry = this.#options.local.get(LOCAL_CLUSTER_TEXT, 'Service', { namespace, name })?.entry;
    return entry?.kind === 'Service' ? entry : undefined;
  }

  #planOptions(namespace: string): PlanOptions {
    const { maxEndpointsPerSlice, slices } = this.#options;
    return { maxEndpointsPerSlice, taken: (name) => slices.isForeign(namespace, name) };
  }

  #takeOver(desired: SelectedService, owned: readonly OwnedSlice[]): TakeOverStep | undefined {
    const { endpoints, takeOvers, gate } = this.#options;
    const { namespace, name } = desired;
    if (!isFederated(desired)) {
      takeOvers.forget(namespace, name);
      return undefined;
    }
    const actual = endpoints.get(namespace, name);
    const served = actual !== undefined && servedBySlices(actual, owned, desired, gate.anyHeld());
    return takeOvers.step({ namespace, name }, actual, served);
  }

  #endpointsPlan(desired: SelectedService, owned: readonly OwnedSlice[]): ServicePlan {
    const { endpoints, gate, local } = this.#options;
    const { namespace, name } = desired;
    const actual = endpoints.get(namespace, name);
    const service = this.#service(namespace, name);
    const federated = isFederated(desired);
    const selector = federated ? service?.annotations.get(SERVICE_SELECTOR_ANNOTATION) : undefined;
    const family = endpointsFamily(service?.clusterIPs ?? []);
    const planned = planEndpoints(desired, selector, actual, { family, anyHeld: gate.anyHeld() });
    const written = local.slicesOf(namespace, name, LOCAL_CLUSTER_TEXT).map(({ entry }) => entry);
    const retired = slicesToRetire(owned, actual, written, federated);
    const notes = federated ? notesOn(planned, `Endpoints ${namespace}/${name}`) : [];
    return { desired, slices: retired, endpoints: planned.edits, notes };
  }
}

const NOT_READY = 'not everything of the local cluster is listed yet';

function nothing(desired: SelectedService, why: string): ServicePlan {
  return { desired, slices: [], endpoints: [], notes: [why] };
}

function notesOn({ state, leftOut, skippedByOthers }: EndpointsPlan, subject: string): readonly string[] {
  if (state === 'foreign')
    return [`${subject} is not ours: it has no annotation ${SERVICE_SELECTOR_ANNOTATION}`];
  if (state === 'unreadable') return [`${subject} cannot be read, and is left alone`];
  if (state === 'deleting') return [`${subject} is being deleted; it is written again when it is gone`];
  return [
    ...(leftOut > 0 ? [`${leftOut} addresses do not fit into ${subject}`] : []),
    ...(skippedByOthers
      ? [`${subject} has the label ${SKIP_MIRROR_LABEL} of somebody else: no proxy sees it`]
      : []),
  ];
}

function because(problem: string | undefined): string {
  return problem === undefined ? '' : `: ${problem}`;
}

/** The service is one of ours to write, whether or not anything backs it now. */
function isFederated({ state }: SelectedService): boolean {
  return state === 'federated' || state === 'no-matches';
}
