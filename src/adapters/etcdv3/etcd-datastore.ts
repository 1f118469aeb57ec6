import type { DatastoreOptions } from '../../contract/adapter.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Datastore, ListOutcome, StreamRequest } from '../../contract/datastore.ts';
import type { CalicoResource } from '../../model/calico-json.ts';
import type { Resource } from '../../model/kind.ts';
import type { Clock } from '../../runtime/clock.ts';
import { EtcdClient } from './etcd-client.ts';
import type { EtcdClientOptions } from './etcd-client.ts';
import { identityStrings, readIdentity } from './identity.ts';
import { ObjectDecoder } from './object-decoder.ts';
import type { DecoderOptions } from './object-decoder.ts';
import { listObjects } from './object-list.ts';
import { watchObjects } from './object-watch.ts';
import { ServerVersions } from './server-versions.ts';
import { unaryOnce } from './unary.ts';

/** What Calico keeps in etcd. Services and EndpointSlices are never there. */
export const ETCD_RESOURCES: readonly CalicoResource[] = [
  'workloadendpoints',
  'hostendpoints',
  'profiles',
  'ippools',
  'clusterinformations',
];

/** A server replays about so many revisions per second to a watch that is behind, whatever the client. */
const REPLAY_PER_SECOND = 4_000;
const MIN_BEHIND = 20_000;

export type EtcdDatastoreOptions = EtcdClientOptions &
  Pick<DatastoreOptions, 'maxObjectBytes' | 'excludeNamespaces'> &
  Pick<DecoderOptions, 'patterns'>;

/** A Calico datastore in etcd v3. One connection for everything. */
export class EtcdDatastore implements Datastore {
  readonly type = 'etcdv3';
  readonly resources: readonly Resource[] = ETCD_RESOURCES;
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #versions: ServerVersions;
  readonly #decoders: ReadonlyMap<Resource, ObjectDecoder>;
  /** How long the last list of a resource took. */
  readonly #listMs = new Map<Resource, number>();

  constructor(options: EtcdDatastoreOptions) {
    this.#client = new EtcdClient(options);
    this.#clock = options.clock;
    this.#versions = new ServerVersions(unaryOnce(options.requestTimeoutMs, options.clock));
    const { maxObjectBytes, patterns } = options;
    const excludeNamespaces = new Set(options.excludeNamespaces);
    this.#decoders = new Map(
      ETCD_RESOURCES.map((resource) => [
        resource,
        new ObjectDecoder(resource, { maxObjectBytes, excludeNamespaces, patterns }),
      ]),
    );
  }

  async identify(signal: AbortSignal): Promise<readonly string[]> {
    return identityStrings(await readIdentity(this.#client, signal));
  }

  async list(request: StreamRequest): Promise<ListOutcome> {
    const began = this.#clock.monotonic();
    const outcome = await listObjects(this.#client, this.#decoder(request.resource), request);
    this.#listMs.set(request.resource, this.#clock.monotonic() - began);
    return outcome;
  }

  async watch(request: StreamRequest & { readonly revision: string }): Promise<void> {
    const decoder = this.#decoder(request.resource);
    const context = { client: this.#client, versions: this.#versions, decoder, clock: this.#clock };
    await watchObjects({ ...context, maxBehind: this.#maxBehind(request.resource) }, request);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** Catching up pays unless it takes longer than two lists; a list that takes long must not call for another one. */
  #maxBehind(resource: Resource): number {
    const listSeconds = (this.#listMs.get(resource) ?? 0) / 1000;
    return Math.max(MIN_BEHIND, 2 * listSeconds * REPLAY_PER_SECOND);
  }

  #decoder(resource: Resource): ObjectDecoder {
    const decoder = this.#decoders.get(resource);
    if (decoder === undefined) {
      throw new DatastoreError('config', 'InvalidConfig', `etcd has no ${resource}`);
    }
    return decoder;
  }
}
