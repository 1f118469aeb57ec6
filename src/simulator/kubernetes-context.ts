import { encodeObject } from './object-encoding.ts';
import type { Format } from './object-encoding.ts';
import { calicoGroup } from './kubernetes-resources.ts';
import type { ApiResource } from './kubernetes-resources.ts';
import type { Table } from './table.ts';
import type { Clock } from '../runtime/clock.ts';
import type { WorldItem } from './world-items.ts';
import type { World } from './world.ts';

/** How a simulated API server behaves; every field may be changed while it runs. */
export interface KubernetesBehaviour {
  /** Between bookmarks; a real server sends one about every 60 s. */
  bookmarkIntervalMs: number;
  /** Whether sendInitialEvents is answered, or refused with 422 as older servers do. */
  watchList: boolean;
  /** How a watch from a forgotten revision is refused: an ERROR event in a 200 answer, or a plain 410. */
  goneAs: 'event' | 'status';
  /** When a watch without timeoutSeconds ends. */
  watchTimeoutMs: number;
  /** Keep what was encoded, objects and batches of events, for the next reader: for load tests, at 5 KB for each. */
  keepEncoded: boolean;
}

/** What the handlers of one simulated API server share. */
export class KubernetesContext {
  readonly world: World;
  readonly clock: Clock;
  readonly behaviour: KubernetesBehaviour;
  readonly frozen: () => boolean;
  readonly #encoded = new Map<string, WeakMap<WorldItem, Buffer>>();
  /** Full batches of events, by what was asked for and where they start in the log. */
  readonly #batches = new Map<string, EventBatch>();

  constructor(world: World, clock: Clock, behaviour: KubernetesBehaviour, frozen: () => boolean) {
    this.world = world;
    this.clock = clock;
    this.behaviour = behaviour;
    this.frozen = frozen;
  }

  table(resource: ApiResource): Table<WorldItem> {
    const tables: Readonly<Record<string, unknown>> = this.world.store.tables;
    return tables[resource.resource] as Table<WorldItem>;
  }

  /** The object's bytes without type fields. */
  encode(resource: ApiResource, item: WorldItem, format: Format): Buffer {
    const group = calicoGroup(resource);
    if (!this.behaviour.keepEncoded) {
      return encodeObject(this.world.facts, item, item.revision, { format, group });
    }
    const kept = this.#kept(`${format} ${group}`);
    let bytes = kept.get(item);
    if (bytes === undefined) {
      bytes = encodeObject(this.world.facts, item, item.revision, { format, group });
      kept.set(item, bytes);
    }
    return bytes;
  }

  /** The labels of the object with that key now; undefined where it is gone. */
  labelsOf(resource: ApiResource, key: string): Readonly<Record<string, string>> | undefined {
    const item = this.table(resource).get(key);
    if (item === undefined) return undefined;
    const { metadata } = JSON.parse(this.encode(resource, item, 'json').toString('utf8')) as {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
    };
    return metadata?.labels ?? {};
  }

  /** The last state of a deleted object carries the revision of its deletion. */
  encodeDeleted(resource: ApiResource, item: WorldItem, revision: number, format: Format): Buffer {
    return encodeObject(this.world.facts, item, revision, { format, group: calicoGroup(resource) });
  }

  /** A batch that an earlier watch has sent from the same place; only with `keepEncoded`. */
  keptBatch(resource: ApiResource, format: Format, sequence: number): EventBatch | undefined {
    return this.#batches.get(batchKey(resource, format, sequence));
  }

  keepBatch(resource: ApiResource, format: Format, batch: EventBatch & { readonly start: number }): void {
    if (this.behaviour.keepEncoded) this.#batches.set(batchKey(resource, format, batch.start), batch);
  }

  #kept(key: string): WeakMap<WorldItem, Buffer> {
    let map = this.#encoded.get(key);
    if (map === undefined) {
      map = new WeakMap();
      this.#encoded.set(key, map);
    }
    return map;
  }
}

/** Encoded events up to, and without, the change `end`. */
export interface EventBatch {
  readonly bytes: Buffer;
  readonly end: number;
}

function batchKey({ groupVersion, resource }: ApiResource, format: Format, sequence: number): string {
  return `${groupVersion} ${resource} ${format} ${sequence}`;
}
