import type { ClusterAccess, DatastoreType } from '../model/rcc.ts';
import type { StatusReason } from '../model/status.ts';
import type { Datastore } from './datastore.ts';

/** Bounds and timings that every adapter honours. All times in milliseconds. */
export interface DatastoreOptions {
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** A larger object is skipped, without being held in memory. Bytes. */
  readonly maxObjectBytes: number;
  /** Namespaces that are not read. */
  readonly excludeNamespaces: readonly string[];
}

/** One step of a preflight (`fedsyncd check`). */
export interface CheckStep {
  readonly step: 'parse' | 'files' | 'dns' | 'tcp' | 'tls' | 'auth' | 'permissions' | 'identity' | 'list';
  /** Which datastore, address or resource: `etcdv3 https://10.0.0.1:2379`, `kubernetes pods`. */
  readonly subject: string;
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly reason?: StatusReason;
  /** One sentence; never holds a credential. */
  readonly message: string;
}

/**
 * A datastore that is ready to be opened: every file that the access names was read and is valid. Nothing was
 * sent over the network.
 */
export interface PreparedDatastore {
  readonly type: DatastoreType;
  /**
   * Equal as long as a running connection need not be replaced. Covers every field and the content of every file
   * but those that the adapter re-reads in place (token files, exec credentials). A digest, never the content.
   */
  readonly fingerprint: string;
  /** Files whose change calls for another `prepare`. Absolute paths. */
  readonly files: readonly string[];
  /** Creates the connection object; the network is first used by its methods. */
  open(): Datastore;
  /** The steps from `dns` on, each as it finishes; stops after the first that makes the rest pointless. */
  check(signal: AbortSignal): AsyncIterable<CheckStep>;
}

/**
 * A kind of datastore. `prepare` rejects with a DatastoreError of reaction `config` that names field or file.
 * Implementations are listed in one table, `adapters/registry.ts`.
 */
export interface Adapter {
  readonly type: DatastoreType;
  /** Whether this adapter has a part in that access (an etcdv3 RCC with Kubernetes fields has two). */
  serves(access: ClusterAccess): boolean;
  prepare(access: ClusterAccess, options: DatastoreOptions): Promise<PreparedDatastore>;
}
