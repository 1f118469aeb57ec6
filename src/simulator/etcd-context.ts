import type { Clock } from '../runtime/clock.ts';
import { encodeKeyValue } from './etcd-messages.ts';
import { encodeEtcdValue } from './object-encoding.ts';
import { mix } from './identity.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import type { Table } from './table.ts';
import type { EtcdItem } from './world-items.ts';
import type { World } from './world.ts';

/** How a simulated etcd behaves; every field may be changed while it runs. */
export interface EtcdBehaviour {
  /** The server version that Maintenance/Status names. */
  version: string;
  /** Between progress notifications of watches that asked for them; a real etcd's default is ten minutes. */
  progressIntervalMs: number;
  /** Keep encoded key-values as long as the value lives: for load tests. */
  keepEncoded: boolean;
}

/** What the handlers of one simulated etcd share. */
export class EtcdContext {
  readonly world: World;
  readonly clock: Clock;
  readonly behaviour: EtcdBehaviour;
  readonly table: Table<EtcdItem>;
  readonly frozen: () => boolean;
  readonly #clusterId: bigint;
  readonly #encoded = new WeakMap<EtcdItem, Buffer>();

  /** Throws TypeError where the world keeps no etcd keys. */
  constructor(world: World, clock: Clock, behaviour: EtcdBehaviour, frozen: () => boolean) {
    if (world.store.etcd === undefined) throw new TypeError('the world was made without etcd keys');
    this.table = world.store.etcd;
    this.world = world;
    this.clock = clock;
    this.behaviour = behaviour;
    this.frozen = frozen;
    const high = BigInt(mix(world.facts.seed, 0xc1));
    this.#clusterId = (high << 32n) | BigInt(mix(world.facts.seed, 0xc2));
  }

  get revision(): number {
    return this.world.store.revision;
  }

  /** A ResponseHeader with the current revision. */
  header(revision: number = this.revision): Buffer {
    return new ProtobufWriter()
      .uint64(1, this.#clusterId)
      .uint64(2, this.#clusterId ^ 0x5eedn)
      .varint(3, revision)
      .varint(4, 2)
      .finish();
  }

  /** An encoded KeyValue. */
  keyValue(item: EtcdItem, keysOnly: boolean): Buffer {
    if (keysOnly) return this.#encode(item, Buffer.alloc(0));
    if (!this.behaviour.keepEncoded)
      return this.#encode(item, encodeEtcdValue(this.world.facts, item.source));
    let bytes = this.#encoded.get(item);
    if (bytes === undefined) {
      bytes = this.#encode(item, encodeEtcdValue(this.world.facts, item.source));
      this.#encoded.set(item, bytes);
    }
    return bytes;
  }

  #encode(item: EtcdItem, value: Uint8Array): Buffer {
    const { key, createRevision, revision, version } = item;
    return encodeKeyValue({ key, createRevision, modRevision: revision, version, value });
  }
}
