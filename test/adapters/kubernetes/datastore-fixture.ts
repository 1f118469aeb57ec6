import type { DatastoreOptions } from '../../../src/contract/adapter.ts';
import type { StreamSink } from '../../../src/contract/datastore.ts';
import type { DatastoreError } from '../../../src/contract/datastore-error.ts';
import type { Delta } from '../../../src/model/delta.ts';
import type { Entry } from '../../../src/model/objects.ts';
import { NO_KUBERNETES_ACCESS, type ClusterAccess, type DatastoreType } from '../../../src/model/rcc.ts';
import { KubernetesAdapter } from '../../../src/adapters/kubernetes/adapter.ts';
import { type ReaderTuning, standardReaderTuning } from '../../../src/adapters/kubernetes/collection.ts';
import { KubernetesDatastore } from '../../../src/adapters/kubernetes/datastore.ts';

export const standardOptions: DatastoreOptions = {
  connectTimeoutMs: 5000,
  requestTimeoutMs: 10_000,
  maxObjectBytes: 1024 * 1024,
  excludeNamespaces: [],
};

/** The access of an RCC that names only a server, or a kubeconfig text. */
export function accessTo(
  to: { readonly apiEndpoint: string } | { readonly kubeconfigInline: string },
  datastoreType: DatastoreType = 'kubernetes',
): ClusterAccess {
  return {
    datastoreType,
    etcd: undefined,
    directory: undefined,
    overlayRoutingMode: 'Disabled',
    kubernetes: {
      ...NO_KUBERNETES_ACCESS,
      ...to,
    },
  };
}

export async function openDatastore(
  access: ClusterAccess,
  options: Partial<DatastoreOptions> = {},
  tuning: Partial<ReaderTuning> = {},
): Promise<KubernetesDatastore> {
  const adapter = new KubernetesAdapter(undefined, { ...standardReaderTuning, ...tuning });
  const datastore = (await adapter.prepare(access, { ...standardOptions, ...options })).open();
  if (!(datastore instanceof KubernetesDatastore)) throw new Error('not a Kubernetes datastore');
  return datastore;
}

/** Remembers what arrives, and lets a test wait for it. */
export class RecordingSink implements StreamSink {
  readonly deltas: Delta[] = [];
  readonly revisions: string[] = [];
  contacts = 0;
  /** Sizes of the batches. */
  readonly batches: number[] = [];
  #wake = Promise.withResolvers<void>();

  apply(deltas: readonly Delta[]): void {
    this.deltas.push(...deltas);
    this.batches.push(deltas.length);
    this.#signal();
  }

  progress(revision: string): void {
    this.revisions.push(revision);
    this.#signal();
  }

  contact(): void {
    this.contacts++;
    this.#signal();
  }

  get entries(): Entry[] {
    return this.deltas.flatMap((delta) => (delta.op === 'put' ? [delta.entry] : []));
  }

  ops(): string[] {
    return this.deltas.map(describeDelta);
  }

  /** Waits until the condition holds, at most 10 s. */
  async until(condition: (sink: this) => boolean): Promise<void> {
    const late = AbortSignal.timeout(10_000);
    while (!condition(this)) {
      late.throwIfAborted();
      await Promise.race([
        this.#wake.promise,
        new Promise((resolve) => late.addEventListener('abort', resolve, { once: true })),
      ]);
    }
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

/** `put web/p1`, `delete web/p1`, `skip web/p1`. */
export function describeDelta(delta: Delta): string {
  const named = (key: object | undefined): string => {
    if (key === undefined) return '?';
    const { namespace = '', name, workload } = key as Record<string, string>;
    const own = name ?? workload ?? '';
    return namespace === '' ? own : `${namespace}/${own}`;
  };
  switch (delta.op) {
    case 'put':
      return `put ${named(delta.entry)}`;
    case 'delete':
      return `delete ${named(delta.key)}`;
    case 'exclude':
      return `exclude ${named(delta.id)}`;
    case 'skip':
      return `skip ${named(delta.id)}`;
  }
}

/** For `assert.rejects`: a DatastoreError of that reaction, and reason if given. */
export function failsWith(
  reaction: DatastoreError['reaction'],
  reason?: DatastoreError['reason'],
): Partial<DatastoreError> {
  return { name: 'DatastoreError', reaction, ...(reason === undefined ? {} : { reason }) };
}
