import type { FleetStatus } from '../../src/contract/cluster-status.ts';
import type { LocalApi } from '../../src/contract/local-api.ts';
import type { ClusterReplica } from '../../src/contract/replica.ts';
import { openGate } from '../../src/controller/election/open-gate.ts';
import { FederationController } from '../../src/controller/federation-controller.ts';
import type { Edit } from '../../src/controller/plan/edit.ts';
import { MergedIndex } from '../../src/index/merged-index.ts';
import type { EndpointSlice } from '../../src/model/endpoint-slice.ts';
import { LOCAL_CLUSTER_TEXT } from '../../src/model/federation.ts';
import type { Service } from '../../src/model/service.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { stored } from './federation-data.ts';

const NO_API = { server: 'none' } as LocalApi;
/** Every cluster that is in the index is as it should be. */
const FLEET: FleetStatus = {
  clusters: () => [],
  isGone: () => false,
  conflicts: () => [],
  sources: () => [],
  overlaps: () => [],
  ready: () => ({ ready: true, waitingFor: [] }),
};

/** The controller on two indexes, without a server: what a plan costs, not what a write costs. */
export class FederationRig {
  readonly remote = newIndex();
  readonly local = newIndex();
  readonly controller: FederationController = new FederationController({
    options: {
      output: 'endpointslices',
      maxEndpointsPerSlice: 100,
      dryRun: false,
      stalePolicy: 'keep',
      staleTtlMs: 300_000,
      localServiceCidrs: ['10.96.0.0/16'],
      reconcilePeriodMs: 300_000,
      maxParallelWrites: 4,
      writeTimeoutMs: 5000,
    },
    api: NO_API,
    local: this.local,
    remote: this.remote,
    fleet: FLEET,
    gate: openGate('bench', 5000),
    instance: 'bench',
    clock: systemClock,
    random: systemRandom,
    report: () => undefined,
  });

  /** A complete remote cluster. */
  remoteCluster(name: string, objects: Iterable<Service | EndpointSlice>): ClusterReplica {
    return fill(this.remote.open(name), objects);
  }

  /** The complete local cluster. */
  localServices(services: Iterable<Service>): void {
    fill(this.local.open(LOCAL_CLUSTER_TEXT), services);
  }

  /** The edits of one service. */
  plan(namespace: string, name: string): readonly Edit[] {
    return this.controller.plans.planOf(namespace, name).slices;
  }

  /** The edits are accepted, as an API server would. */
  accept(edits: readonly Edit[]): void {
    const { slices } = this.controller;
    for (const edit of edits) {
      if (edit.op === 'delete') slices.removed(edit.of.namespace, edit.of.name, edit.of.uid);
      else slices.accepted(stored(edit.content, edit.op === 'update' ? edit.of.uid : undefined));
    }
  }
}

function fill(replica: ClusterReplica, objects: Iterable<Service | EndpointSlice>): ClusterReplica {
  const services = replica.resource('services');
  const slices = replica.resource('endpointslices');
  for (const store of [services, slices]) store.begin();
  for (const entry of objects) {
    (entry.kind === 'Service' ? services : slices).apply([{ op: 'put', entry }]);
  }
  for (const store of [services, slices]) store.end();
  return replica;
}

function newIndex(): MergedIndex {
  return new MergedIndex({
    clock: systemClock,
    random: systemRandom,
    report: () => undefined,
    maxObjectsPerCluster: 1_000_000,
  });
}
