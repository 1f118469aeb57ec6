import type { Lister } from '../contract/lister.ts';
import { LOCAL_CLUSTER_TEXT, type SourceCluster, showCluster } from '../model/federation.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ClusterGate } from './cluster-gate.ts';
import type { OwnedEndpointsStore } from './endpoints/owned-endpoints-store.ts';
import type { OwnedSlices } from './owned/owned-slices.ts';
import type { DirtyCause } from './selection/dirty-marks.ts';
import type { FederatedServices } from './selection/federated-services.ts';
import type { Staleness } from './selection/stale-policy.ts';
import type { ServicePlans } from './service-plans.ts';
import type { Mark } from './writer/marks.ts';

export interface ServiceMarksOptions {
  readonly output: 'endpointslices' | 'endpoints';
  readonly local: Lister;
  readonly services: FederatedServices;
  readonly slices: OwnedSlices;
  readonly endpoints: OwnedEndpointsStore;
  readonly clusters: ClusterGate;
  readonly plans: ServicePlans;
  readonly clock: Clock;
  /** `namespace/name`. */
  readonly mark: (key: string, mark: Mark) => void;
}

/** Decides which services are to be planned again, whatever changed: backing data, what is written, or a cluster's state. */
export class ServiceMarks {
  readonly #options: ServiceMarksOptions;
  /** What the stale policy said of each cluster when its services were last marked. */
  readonly #staleness = new Map<string, Staleness>();
  #wasReady = false;
  #wasAnyHeld = true;

  constructor(options: ServiceMarksOptions) {
    this.#options = options;
  }

  /** Follows everything that tells of its changes; returns the way to stop. */
  subscribe(): () => void {
    const { services, slices, endpoints, local, output } = this.#options;
    const stops = [
      services.onDirty((namespace, name, cause) => this.#dirty(namespace, name, cause)),
      slices.onChange((namespace, name) =>
        this.#mark(namespace, name, { cause: 'our EndpointSlices changed in the local cluster' }),
      ),
      endpoints.onChange((namespace, name) => this.#endpointsChanged(namespace, name)),
    ];
    if (output === 'endpoints') {
      stops.push(
        local.onCommit((changes) => {
          for (const { kind, namespace, name } of changes) {
            if (kind === 'EndpointSlice') this.#localSliceChanged(namespace, name);
          }
        }),
      );
    }
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Looks whether clusters became complete, stale or gone, which nobody announces. To be called often; cheap. */
  look(): void {
    const { clusters, plans } = this.#options;
    clusters.refresh();
    for (const cluster of new Set([...clusters.released(), ...this.#newlyStale()])) {
      this.#clusterChanged(cluster);
    }
    const anyHeld = clusters.anyHeld();
    if (this.#wasAnyHeld && !anyHeld) this.#nothingHeld();
    this.#wasAnyHeld = anyHeld;
    if (!this.#wasReady && plans.ready) {
      this.#wasReady = true;
      this.markAll('first plan');
    }
  }

  markAll(cause: string): void {
    for (const { namespace, name } of this.#options.plans.keys()) this.#mark(namespace, name, { cause });
  }

  /** Clusters that became stale, or are not any more. */
  #newlyStale(): readonly string[] {
    const { clusters } = this.#options;
    const present = new Set(clusters.clusters().filter((cluster) => cluster !== null));
    for (const cluster of this.#staleness.keys()) if (!present.has(cluster)) this.#staleness.delete(cluster);
    return [...present].filter((cluster) => {
      const staleness = clusters.staleness(cluster);
      const before = this.#staleness.get(cluster) ?? 'fresh';
      this.#staleness.set(cluster, staleness);
      return staleness !== before;
    });
  }

  /** Addresses of Endpoints objects that do not say whose they are waited for the last cluster. */
  #nothingHeld(): void {
    for (const { namespace, name, selector } of this.#options.endpoints.all()) {
      if (selector !== undefined) this.#mark(namespace, name, { cause: 'every cluster is complete' });
    }
  }

  #clusterChanged(cluster: SourceCluster): void {
    const { services, slices, output } = this.#options;
    services.markCluster(cluster);
    const cause = stateOf(cluster);
    for (const { namespace, service } of slices.services()) {
      const concerned = slices.ofService(namespace, service).some((slice) => slice.cluster === cluster);
      if (concerned || cluster === null) this.#mark(namespace, service, { cause });
    }
    // Endpoints objects do not say of all their addresses whose they are.
    if (output === 'endpoints') this.markAll(cause);
  }

  #dirty(namespace: string, name: string, { kind, cluster, name: object }: DirtyCause): void {
    if (kind === 'all') {
      this.#mark(namespace, name, { cause: 'everything is looked at' });
      return;
    }
    const what = kind === 'cluster' ? stateOf(cluster) : `${kind} ${object} of ${showCluster(cluster)}`;
    this.#mark(namespace, name, { cause: what, seenAt: this.#options.clock.now() });
  }

  #endpointsChanged(namespace: string, name: string): void {
    const { services, endpoints } = this.#options;
    const { state } = services.state(namespace, name);
    const ours = endpoints.get(namespace, name)?.selector !== undefined;
    if (!ours && (state === 'gone' || state === 'not-annotated')) return;
    this.#mark(namespace, name, { cause: 'its Endpoints changed in the local cluster' });
  }

  /** Mirrored slices come and go: slices of ours that are to be retired wait for that. */
  #localSliceChanged(namespace: string, name: string): void {
    const { local, slices } = this.#options;
    const entry = local.get(LOCAL_CLUSTER_TEXT, 'EndpointSlice', { namespace, name })?.entry;
    if (entry?.kind !== 'EndpointSlice') return;
    if (slices.ofService(namespace, entry.service).length === 0) return;
    this.#mark(namespace, entry.service, { cause: `EndpointSlice ${name} changed` });
  }

  #mark(namespace: string, name: string, mark: Mark): void {
    this.#options.mark(`${namespace}/${name}`, mark);
  }
}

function stateOf(cluster: SourceCluster): string {
  return `cluster ${showCluster(cluster)} became complete, stale or gone`;
}
