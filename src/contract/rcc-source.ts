import type { RccDocument, SecretName } from '../model/rcc.ts';
import type { StatusReason } from '../model/status.ts';

/**
 * What a source holds now, whole. Sent again whenever anything changes. `problem` says that the source cannot be
 * read or is going away: what it said before still holds, nothing counts as deleted (promise 1 of docs/architecture.md).
 */
export interface RccSnapshot {
  readonly documents: readonly RccDocument[];
  /** Documents that could not be read at all (a file that is not YAML), with the place and what is wrong. */
  readonly rejected: readonly { readonly origin: string; readonly problem: string }[];
  readonly problem: { readonly reason: StatusReason; readonly message: string } | undefined;
}

/** A place that RCCs come from. */
export interface RccSource {
  /** `kubernetes`, `etcdv3`, `directory`: as in `--rcc-source`. */
  readonly name: string;
  /**
   * Runs until the signal aborts, through every failure. The first `onSnapshot` comes after the first complete
   * list, or with a `problem` (and no documents) where that failed.
   */
  run(onSnapshot: (snapshot: RccSnapshot) => void, signal: AbortSignal): Promise<void>;
  /** The Secrets that belong with this source's RCCs; undefined where it has none (a local etcd without Kubernetes). */
  readonly secrets: SecretSource | undefined;
}

/** A Secret as it is now. Values are decoded bytes as text. */
export type SecretSnapshot =
  | { readonly state: 'found'; readonly data: Readonly<Record<string, string>> }
  | { readonly state: 'missing' }
  | { readonly state: 'forbidden' | 'failed'; readonly message: string };

/** Reads and watches Secrets one by one, by name, so that a Role with resourceNames suffices. */
export interface SecretSource {
  /** Runs until the signal aborts; calls back with the first state and with every change. */
  watch(name: SecretName, onChange: (secret: SecretSnapshot) => void, signal: AbortSignal): Promise<void>;
}
