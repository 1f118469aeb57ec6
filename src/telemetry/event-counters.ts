import type { DaemonEvent } from '../contract/event.ts';
import type { Resource } from '../model/kind.ts';
import type { StatusReason } from '../model/status.ts';

/** What was counted of one cluster since it was added. Plain numbers: a metrics library costs more per event. */
export interface ClusterCounters {
  readonly lists: Map<Resource, number>;
  readonly relists: Map<Resource, number>;
  /** Of the last complete list, in seconds. */
  readonly listSeconds: Map<Resource, number>;
  readonly failures: Map<StatusReason, number>;
  skippedObjects: number;
  statusChanges: number;
}

/** Counts events. Bounded: one entry per cluster, with one number per resource or reason. */
export class EventCounters {
  readonly #clusters = new Map<string, ClusterCounters>();
  internalErrors = 0;
  suppressedLines = 0;

  /** undefined where nothing was counted yet, or the cluster was removed. */
  cluster(name: string): ClusterCounters | undefined {
    return this.#clusters.get(name);
  }

  count(event: DaemonEvent): void {
    switch (event.event) {
      case 'cluster.removed':
        this.#clusters.delete(event.cluster);
        break;
      case 'cluster.status':
        this.#of(event.cluster).statusChanges++;
        break;
      case 'resource.listed': {
        const counters = this.#of(event.cluster);
        add(counters.lists, event.resource);
        if (event.cause === 'relist') add(counters.relists, event.resource);
        counters.listSeconds.set(event.resource, event.durationMs / 1000);
        break;
      }
      case 'datastore.failed':
      case 'resource.failed':
        add(this.#of(event.cluster).failures, event.reason);
        break;
      case 'object.skipped':
        this.#of(event.cluster).skippedObjects++;
        break;
      case 'internal.error':
        this.internalErrors++;
        break;
      default:
    }
  }

  #of(cluster: string): ClusterCounters {
    let counters = this.#clusters.get(cluster);
    if (counters === undefined) {
      counters = {
        lists: new Map(),
        relists: new Map(),
        listSeconds: new Map(),
        failures: new Map(),
        skippedObjects: 0,
        statusChanges: 0,
      };
      this.#clusters.set(cluster, counters);
    }
    return counters;
  }
}

function add<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
