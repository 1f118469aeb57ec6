import type { PlanDocument, PlannedEdit, ServiceExplainDocument } from '../contract/controller-documents.ts';
import type { ControllerStats, ControllerView } from '../contract/controller-view.ts';
import { type SourceCluster, showCluster } from '../model/federation.ts';
import type { Clock } from '../runtime/clock.ts';
import { yieldLoop } from '../runtime/yield.ts';
import { originsOf, parseOrigins } from './endpoints/address-origin.ts';
import type { OwnedEndpoints } from './endpoints/owned-endpoints.ts';
import type { FederationController } from './federation-controller.ts';
import type { OwnedSlice } from './owned/owned-slice.ts';
import { plannedEdits } from './planned-edits.ts';
import { serviceDocument } from './service-document.ts';
import type { ServicePlan } from './service-plans.ts';

/** More than a person reads; all edits are counted. */
const MAX_EDITS = 1000;
const MAX_NAMED = 1000;
/** Milliseconds of planning between two turns of the event loop. */
const SLICE_MS = 10;

/** What operators ask of the controller. */
export class FederationView implements ControllerView {
  readonly #controller: FederationController;
  readonly #clock: Clock;

  constructor(controller: FederationController, clock: Clock) {
    this.#controller = controller;
    this.#clock = clock;
  }

  stats(): ControllerStats {
    const { writer, events, latency, mayWrite, holder, options, slices } = this.#controller;
    const { unranked, ...ranked } = writer.queue();
    const { written: sent, repeated, limited, failed } = events.counts;
    return {
      mayWrite,
      holder,
      dryRun: options.dryRun,
      servicesByState: this.#servicesByState(),
      endpointsByCluster: this.#endpointsByCluster(),
      objects: slices.size + [...this.#ownEndpoints()].length,
      // What is not planned yet is of no rank; the next turn of the event loop plans it.
      queued: { ...ranked, cosmetic: ranked.cosmetic + unranked },
      oldestQueuedSeconds: writer.oldestAgeMs / 1000,
      backingOff: writer.waiting,
      writesInFlight: writer.inFlight,
      writeLimit: writer.limit,
      edits: writer.counts(),
      latency: latency.counts(),
      kubernetesEvents: { sent, suppressed: repeated + limited, failed },
    };
  }

  explain(namespace: string, name: string): ServiceExplainDocument | undefined {
    return serviceDocument(this.#controller, namespace, name);
  }

  async plan({ without }: { readonly without?: string | undefined }): Promise<PlanDocument> {
    const { plans, clusters, mayWrite, holder, options } = this.#controller;
    const edits: PlannedEdit[] = [];
    const emptied: string[] = [];
    const notes = this.#notesOn(without);
    const totals = { create: 0, update: 0, delete: 0, label: 0 };
    let turn = this.#clock.monotonic();
    const keys = plans.ready ? [...plans.keys()] : [];
    for (const { namespace, name } of keys) {
      if (this.#clock.monotonic() - turn > SLICE_MS) {
        await yieldLoop();
        turn = this.#clock.monotonic();
      }
      const plan =
        without === undefined ? plans.planOf(namespace, name) : plans.planWithout(namespace, name, without);
      for (const edit of plannedEdits(plan)) {
        totals[edit.op]++;
        if (edits.length < MAX_EDITS) edits.push(edit);
      }
      if (emptied.length < MAX_NAMED && this.#isEmptied(plan)) emptied.push(`${namespace}/${name}`);
      if (notes.length < MAX_NAMED) notes.push(...plan.notes.map((note) => `${namespace}/${name}: ${note}`));
    }
    return {
      time: new Date(this.#clock.now()).toISOString(),
      mayWrite,
      holder,
      dryRun: options.dryRun,
      without: without ?? null,
      services: keys.length,
      held: clusters
        .held(new Set([...clusters.clusters(), ...this.#writtenClusters()]))
        .filter(({ cluster }) => cluster !== without),
      notes,
      edits,
      totals,
      truncated: totals.create + totals.update + totals.delete + totals.label > edits.length,
      emptied,
    };
  }

  /** Also those that no source names now: where a source cannot be read they are held, and that must be seen. */
  *#writtenClusters(): Generator<SourceCluster> {
    const { slices } = this.#controller;
    for (const { namespace, service } of slices.services()) {
      for (const { cluster } of slices.ofService(namespace, service)) yield cluster;
    }
  }

  /** A name that nobody knows would look like a removal without any effect. */
  #notesOn(without: string | undefined): string[] {
    const { plans, clusters } = this.#controller;
    const notes = [...plans.missing()].map((what) => `nothing can be planned yet: ${what}`);
    if (without === undefined || clusters.clusters().includes(without)) return notes;
    for (const cluster of this.#writtenClusters()) if (cluster === without) return notes;
    return [...notes, `no remote cluster ${without} is known here`];
  }

  #isEmptied({ desired, slices: edits, endpoints: [written] }: ServicePlan): boolean {
    const { namespace, name } = desired;
    const { slices, endpoints } = this.#controller;
    if (written !== undefined && written.op !== 'label') {
      const after = 'content' in written ? written.content.subsets : [];
      return serves(endpoints.get(namespace, name)?.subsets ?? []) && !serves(after);
    }
    if (edits.length === 0) return false;
    const owned = slices.ofService(namespace, name);
    const kept = owned.filter(({ cluster }) => desired.isHeld(cluster));
    return hasReady(owned) && !hasReady(kept) && !hasReady(desired.parts);
  }

  #servicesByState(): Readonly<Record<string, number>> {
    const { services } = this.#controller;
    const counts: Record<string, number> = {};
    for (const { namespace, name } of services.keys()) {
      const { state } = services.state(namespace, name);
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  }

  /** Those that we write, in `endpoints` mode. */
  *#ownEndpoints(): Generator<OwnedEndpoints> {
    const { options, endpoints } = this.#controller;
    if (options.output !== 'endpoints') return;
    for (const object of endpoints.all()) if (object.selector !== undefined) yield object;
  }

  #endpointsByCluster(): ReadonlyMap<string, number> {
    const { slices } = this.#controller;
    const counts = new Map<string, number>();
    const add = (cluster: SourceCluster, count: number): void => {
      const shown = showCluster(cluster);
      counts.set(shown, (counts.get(shown) ?? 0) + count);
    };
    for (const { namespace, service } of slices.services()) {
      for (const { cluster, endpoints } of slices.ofService(namespace, service))
        add(cluster, endpoints.length);
    }
    for (const { origins, subsets } of this.#ownEndpoints()) {
      const known = parseOrigins(origins);
      for (const { addresses, notReadyAddresses } of subsets) {
        for (const address of [...addresses, ...notReadyAddresses]) {
          for (const cluster of originsOf(address, known)) add(cluster, 1);
        }
      }
    }
    return counts;
  }
}

function hasReady(slices: readonly Pick<OwnedSlice, 'endpoints'>[]): boolean {
  return slices.some(({ endpoints }) => endpoints.some(({ ready }) => ready !== false));
}

function serves(subsets: OwnedEndpoints['subsets']): boolean {
  return subsets.some(({ addresses }) => addresses.length > 0);
}
