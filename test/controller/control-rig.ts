import type { ClusterStatus, FleetStatus } from '../../src/contract/cluster-status.ts';
import type { DaemonEvent } from '../../src/contract/event.ts';
import type { LocalApi } from '../../src/contract/local-api.ts';
import type { ClusterReplica } from '../../src/contract/replica.ts';
import type { FederationOptions } from '../../src/contract/federation-options.ts';
import { FederationController } from '../../src/controller/federation-controller.ts';
import { openGate } from '../../src/controller/election/open-gate.ts';
import { sliceToCreate } from '../../src/controller/owned/slice-to-json.ts';
import type { SliceContent } from '../../src/controller/plan/edit.ts';
import type { MergedIndex } from '../../src/index/merged-index.ts';
import type { EndpointSlice } from '../../src/model/endpoint-slice.ts';
import { type SourceCluster, showCluster } from '../../src/model/federation.ts';
import type { JsonObject } from '../../src/model/json-field.ts';
import type { Service } from '../../src/model/service.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { newIndex, put } from '../index/fixtures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { cluster as clusterStatus } from '../telemetry/fleet-fixture.ts';

/** A fleet whose words a test chooses. */
export class FakeFleetStatus implements FleetStatus {
  readonly statuses = new Map<string, ClusterStatus>();
  readonly goneClusters = new Set<string>();
  /** Every source was read completely: whatever is not named is gone. */
  sourcesComplete = true;

  set(name: string, over: Partial<ClusterStatus> = {}): void {
    this.statuses.set(name, clusterStatus(name, over));
  }

  clusters = (): readonly ClusterStatus[] => [...this.statuses.values()];
  isGone = (cluster: string): boolean =>
    this.goneClusters.has(cluster) || (this.sourcesComplete && !this.statuses.has(cluster));
  conflicts = (): [] => [];
  sources = (): [] => [];
  overlaps = (): [] => [];
  ready = (): { ready: boolean; waitingFor: string[] } => ({ ready: true, waitingFor: [] });
}

/** The server is never asked in these tests. */
const NO_API = { server: 'none' } as LocalApi;

const OPTIONS: FederationOptions = {
  output: 'endpointslices',
  maxEndpointsPerSlice: 100,
  dryRun: false,
  stalePolicy: 'keep',
  staleTtlMs: 300_000,
  localServiceCidrs: [],
  reconcilePeriodMs: 300_000,
  maxParallelWrites: 4,
  writeTimeoutMs: 5000,
};

/** The controller on two real indexes, not running: what it knows is what a test puts in. */
export class ControlRig {
  readonly clock = new FakeClock();
  readonly fleet = new FakeFleetStatus();
  readonly local: MergedIndex = newIndex().index;
  readonly remote: MergedIndex = newIndex().index;
  readonly events: DaemonEvent[] = [];
  readonly controller: FederationController;
  readonly #replicas = new Map<SourceCluster, ClusterReplica>();
  #version = 1;

  constructor(options: Partial<FederationOptions> = {}) {
    const { clock, local, remote, fleet } = this;
    this.controller = new FederationController({
      options: { ...OPTIONS, ...options },
      api: NO_API,
      local,
      remote,
      fleet,
      gate: openGate('me', 5000),
      instance: 'me',
      clock,
      random: seededRandom(1),
      report: (event) => this.events.push(event),
    });
    this.controller.services.start();
  }

  /** A complete list of services and slices of a cluster; a remote one is then configured too. */
  list(cluster: SourceCluster, ...objects: readonly (Service | EndpointSlice)[]): this {
    if (cluster !== null && !this.fleet.statuses.has(cluster)) this.fleet.set(cluster);
    this.begin(cluster, ...objects);
    this.end(cluster);
    return this;
  }

  /** A first list that is not complete yet. */
  begin(cluster: SourceCluster, ...objects: readonly (Service | EndpointSlice)[]): void {
    for (const [kind, resource] of RESOURCES) {
      const store = this.replica(cluster).resource(resource);
      this.#lists.set(`${showCluster(cluster)} ${kind}`, store);
      store.begin();
      store.apply(put(...objects.filter((object) => object.kind === kind)));
    }
  }

  end(cluster: SourceCluster): void {
    for (const [kind] of RESOURCES) this.#lists.get(`${showCluster(cluster)} ${kind}`)?.end();
  }

  readonly #lists = new Map<string, ReturnType<ClusterReplica['resource']>>();

  replica(cluster: SourceCluster): ClusterReplica {
    const known = this.#replicas.get(cluster);
    if (known !== undefined) return known;
    const opened = (cluster === null ? this.local : this.remote).open(showCluster(cluster));
    this.#replicas.set(cluster, opened);
    return opened;
  }

  /** The RCC was deleted. */
  async remove(cluster: string): Promise<void> {
    this.fleet.statuses.delete(cluster);
    this.fleet.goneClusters.add(cluster);
    await this.#replicas.get(cluster)?.drop();
    this.#replicas.delete(cluster);
  }

  /** What the API server holds of ours. */
  hold(...slices: readonly Partial<SliceContent>[]): this {
    this.controller.slices.listed(slices.map((content) => this.#stored(content)));
    this.controller.endpoints.listed([]);
    return this;
  }

  holdEndpoints(...objects: readonly JsonObject[]): this {
    this.controller.slices.listed([]);
    this.controller.endpoints.listed(objects);
    return this;
  }

  /** Writes the plan of a service, as the API server would take it. Answers what was written, `create everywhere-…`. */
  write(namespace: string, name: string): string[] {
    const { plans, slices } = this.controller;
    const told: string[] = [];
    for (const edit of plans.planOf(namespace, name).slices) {
      if (edit.op === 'delete') {
        told.push(`delete ${showCluster(edit.of.cluster)}`);
        slices.removed(edit.of.namespace, edit.of.name, edit.of.uid);
        continue;
      }
      told.push(`${edit.op} ${showCluster(edit.content.cluster)}`);
      slices.accepted(this.#stored(edit.content, edit.op === 'update' ? edit.of.uid : undefined));
    }
    return told;
  }

  /** Addresses that are written for a service, `(not ready)` where they are. */
  written(namespace: string, name: string): string[] {
    return this.controller.slices
      .ofService(namespace, name)
      .flatMap(({ endpoints }) =>
        endpoints.map(({ addresses, ready }) => `${addresses[0]}${ready === false ? ' (not ready)' : ''}`),
      )
      .sort();
  }

  #stored(content: Partial<SliceContent>, uid?: string): JsonObject {
    const full: SliceContent = {
      namespace: 'shop',
      name: `everywhere-${content.cluster ?? 'local'}-0`,
      service: 'everywhere',
      serviceUid: 'uid-everywhere',
      cluster: null,
      family: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: '' }],
      endpoints: [],
      ...content,
    };
    const object = sliceToCreate(full);
    const resourceVersion = String(this.#version++);
    const meta = {
      ...(object['metadata'] as JsonObject),
      uid: uid ?? `uid of ${full.name}`,
      resourceVersion,
    };
    return { ...object, metadata: meta };
  }
}

const RESOURCES = [
  ['Service', 'services'],
  ['EndpointSlice', 'endpointslices'],
] as const;
