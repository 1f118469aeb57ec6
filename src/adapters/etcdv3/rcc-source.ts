import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Revision } from '../../contract/datastore.ts';
import type { RccSnapshot, RccSource, SecretSource } from '../../contract/rcc-source.ts';
import type { DatastoreOptions } from '../../contract/adapter.ts';
import type { EtcdAccess } from '../../model/rcc.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { prepareEtcd } from './adapter.ts';
import { EtcdClient } from './etcd-client.ts';
import { readIdentity } from './identity.ts';
import { listObjects } from './object-list.ts';
import { watchObjects } from './object-watch.ts';
import { rccDecoder } from './rcc-decoder.ts';
import type { RccChange } from './rcc-decoder.ts';
import { PendingDeletions, sourceMissing } from './rcc-deletions.ts';
import { RccDocuments } from './rcc-documents.ts';
import { ServerVersions } from './server-versions.ts';
import { unaryOnce } from './unary.ts';

export interface EtcdRccSourceOptions {
  readonly access: EtcdAccess;
  readonly timeouts: Pick<DatastoreOptions, 'connectTimeoutMs' | 'requestTimeoutMs'>;
  readonly clock: Clock;
  readonly random: Random;
  /** etcd holds no Secrets: those of the local Kubernetes cluster, if there is one. */
  readonly secrets: SecretSource | undefined;
}

type OnSnapshot = (snapshot: RccSnapshot) => void;

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

/**
 * RCCs in the etcd of the local Calico. There are few, so after every break the whole is listed again. Nothing is deleted by a
 * failure, nor by an etcd that lost its Calico: see RccDocuments.
 */
export class EtcdRccSource implements RccSource {
  readonly name = 'etcdv3';
  readonly secrets: SecretSource | undefined;
  readonly #options: EtcdRccSourceOptions;

  constructor(options: EtcdRccSourceOptions) {
    this.#options = options;
    this.secrets = options.secrets;
  }

  async run(onSnapshot: OnSnapshot, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const backoff = new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS, random });
    const documents = new RccDocuments();
    while (!signal.aborted) {
      try {
        await this.#connected({ documents, onSnapshot, backoff }, signal);
      } catch (error) {
        if (signal.aborted) return;
        onSnapshot(documents.snapshot(problemOf(error)));
      }
      await clock.sleep(backoff.next(), signal).catch(() => undefined);
    }
  }

  /** Reads the files anew: they may be what was wrong. Ends when the watch does. */
  async #connected(follow: Following, signal: AbortSignal): Promise<void> {
    const { access, timeouts, clock } = this.#options;
    const { client: options } = await prepareEtcd(access, timeouts, clock);
    const client = new EtcdClient(options);
    const local = new AbortController();
    const abort = (): void => local.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      if (signal.aborted) return;
      await this.#follow(client, follow, local);
    } finally {
      signal.removeEventListener('abort', abort);
      local.abort();
      await client.close();
    }
  }

  async #follow(client: EtcdClient, following: Following, local: AbortController): Promise<void> {
    const { documents, onSnapshot, backoff } = following;
    const { signal } = local;
    const changes: RccChange[] = [];
    const sink = { ...SILENT, apply: (items: readonly RccChange[]) => void changes.push(...items) };
    const { revision } = await listObjects(client, rccDecoder, { sink, signal });
    // After the list: a Calico that is still there now was there when the list was read.
    const trusted = documents.trusts(await readIdentity(client, signal));
    documents.replace(changes, trusted);
    if (!trusted) throw sourceMissing();
    onSnapshot(documents.snapshot(undefined));
    backoff.reset();
    try {
      await this.#watch(client, following, { local, revision });
    } catch (error) {
      signal.throwIfAborted();
      // A watch that broke is no problem of the source yet: the list that follows will tell.
      if (!(error instanceof DatastoreError)) throw error;
    }
  }

  async #watch(
    client: EtcdClient,
    { documents, onSnapshot }: Following,
    { local, revision }: { readonly local: AbortController; readonly revision: Revision },
  ): Promise<void> {
    const { timeouts, clock } = this.#options;
    const { signal } = local;
    const tell = (): void => onSnapshot(documents.snapshot(undefined));
    const deletions = new PendingDeletions({
      confirm: async () => documents.trusts(await readIdentity(client, signal)),
      onConfirmed: (names) => {
        for (const name of names) documents.apply({ op: 'delete', name });
        tell();
      },
      onRefused: (error) => local.abort(error),
    });
    const apply = (items: readonly RccChange[]): void => {
      for (const item of items) {
        if (item.op === 'delete') {
          deletions.add(item.name);
        } else {
          deletions.cancel(item.op === 'put' ? item.document.name : item.name);
          documents.apply(item);
        }
      }
      if (items.some((item) => item.op !== 'delete')) tell();
    };
    const versions = new ServerVersions(unaryOnce(timeouts.requestTimeoutMs, clock));
    const context = { client, versions, decoder: rccDecoder, clock, maxBehind: Infinity };
    await watchObjects(context, { sink: { ...SILENT, apply }, signal, revision });
  }
}

interface Following {
  readonly documents: RccDocuments;
  readonly onSnapshot: OnSnapshot;
  readonly backoff: Backoff;
}

const SILENT = { progress: (): void => undefined, contact: (): void => undefined };

function problemOf(error: unknown): NonNullable<RccSnapshot['problem']> {
  if (error instanceof DatastoreError) return { reason: error.reason, message: error.message };
  return { reason: 'ServerError', message: 'The RCCs could not be read, for an unexpected reason.' };
}
