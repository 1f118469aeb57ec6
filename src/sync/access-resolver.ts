import type { Adapter, DatastoreOptions, PreparedDatastore } from '../contract/adapter.ts';
import { DatastoreError } from '../contract/datastore-error.ts';
import type { SecretSnapshot, SecretSource } from '../contract/rcc-source.ts';
import { parseRcc, type RccParse } from '../model/rcc-parse.ts';
import type { ClusterAccess, FieldProblem, RccDocument, SecretName } from '../model/rcc.ts';
import type { StatusReason } from '../model/status.ts';
import type { Clock } from '../runtime/clock.ts';
import { FileWatcher } from '../runtime/file-watcher.ts';

export interface ConfigProblem {
  readonly reason: StatusReason;
  readonly message: string;
}

export interface Resolved {
  readonly access: ClusterAccess;
  readonly datastores: readonly PreparedDatastore[];
}

export interface AccessResolverOptions {
  readonly adapters: readonly Adapter[];
  readonly datastore: DatastoreOptions;
  readonly trustInline: boolean;
  readonly clock: Clock;
  readonly filePollMs: number;
  /** A configuration that can be used; again whenever one of its files may have changed. */
  readonly onResolved: (resolved: Resolved) => void;
  readonly onProblem: (problem: ConfigProblem) => void;
  /** What the document itself says, usable or not. */
  readonly onStated: (stated: Pick<RccParse, 'datastoreType' | 'overlayRoutingMode'>) => void;
}

/** While something is wrong it is looked at again this often, because a missing file sends no event. */
const RETRY_MS = 5_000;
const SETTLE_MS = 100;

/**
 * From an RCC document to datastores that can be opened: the document, then its Secret, then its files. Follows
 * changes of all three; whatever arrives late or out of order, only the newest document counts.
 */
export class AccessResolver {
  readonly #options: AccessResolverOptions;
  readonly #files: FileWatcher;
  #signal: AbortSignal | undefined;
  #secretWatch:
    { readonly name: SecretName; readonly source: SecretSource; readonly stop: AbortController } | undefined;
  #access: ClusterAccess | undefined;
  #generation = 0;
  #cancelRetry: (() => void) | undefined;

  constructor(options: AccessResolverOptions) {
    this.#options = options;
    this.#files = new FileWatcher(
      { clock: options.clock, pollMs: options.filePollMs, settleMs: SETTLE_MS },
      () => void this.#prepare(),
    );
  }

  /** Follows files and Secrets until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await this.#files.run(signal);
    this.#cancelRetry?.();
    this.#secretWatch?.stop.abort();
  }

  /** The document as it is now. Call after `run`. */
  update(document: RccDocument, secrets: SecretSource | undefined): void {
    if (document.access) return this.#accept(document.access);
    const parse = parseRcc(document, { trustInline: this.#options.trustInline });
    this.#options.onStated(parse);
    if (!parse.ok) {
      this.#unwatchSecret();
      return this.#reject({ reason: parse.reason, message: describe(parse.problems) });
    }
    if (parse.needs === 'nothing') {
      this.#unwatchSecret();
      return this.#accept(parse.access);
    }
    if (!secrets) {
      this.#unwatchSecret();
      const message =
        'spec.clusterAccessSecret: this source of RCCs has no Secrets; give the local Kubernetes API';
      return this.#reject({ reason: 'SecretNotFound', message });
    }
    this.#watchSecret(parse, secrets);
  }

  #watchSecret(
    parse: RccParse & { readonly ok: true; readonly needs: 'secret' },
    source: SecretSource,
  ): void {
    this.#unwatchSecret();
    const stop = new AbortController();
    this.#secretWatch = { name: parse.secret, source, stop };
    const signal = this.#signal ? AbortSignal.any([this.#signal, stop.signal]) : stop.signal;
    const where = `Secret ${parse.secret.namespace}/${parse.secret.name}`;
    const onChange = (secret: SecretSnapshot): void => {
      if (signal.aborted) return;
      switch (secret.state) {
        case 'found': {
          const completed = parse.complete(secret.data);
          if (completed.ok) this.#accept(completed.access);
          else
            this.#reject({ reason: completed.reason, message: `${where}: ${describe(completed.problems)}` });
          return;
        }
        case 'missing':
          return this.#reject({ reason: 'SecretNotFound', message: `${where} does not exist` });
        case 'forbidden':
          return this.#reject({ reason: 'SecretForbidden', message: `${where}: ${secret.message}` });
        case 'failed':
          return this.#reject({ reason: 'Unreachable', message: `${where}: ${secret.message}` });
      }
    };
    void source.watch(parse.secret, onChange, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#reject({ reason: 'SecretInvalid', message: `${where}: ${String(error)}` });
    });
  }

  #unwatchSecret(): void {
    this.#secretWatch?.stop.abort();
    this.#secretWatch = undefined;
  }

  #accept(access: ClusterAccess): void {
    this.#access = access;
    void this.#prepare();
  }

  #reject(problem: ConfigProblem): void {
    this.#access = undefined;
    this.#generation++;
    this.#cancelRetry?.();
    this.#options.onProblem(problem);
  }

  async #prepare(): Promise<void> {
    const access = this.#access;
    if (!access || this.#signal?.aborted) return;
    const generation = ++this.#generation;
    this.#cancelRetry?.();
    try {
      const serving = this.#options.adapters.filter((adapter) => adapter.serves(access));
      const datastores = await Promise.all(
        serving.map((adapter) => adapter.prepare(access, this.#options.datastore)),
      );
      if (generation !== this.#generation) return;
      const news = await this.#files.set(datastores.flatMap((prepared) => prepared.files));
      if (generation !== this.#generation) return;
      // What changed between the read and the watch of new files would be missed: read once more.
      if (news) void this.#prepare();
      else this.#options.onResolved({ access, datastores });
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#options.onProblem(problemOf(error));
      this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => void this.#prepare());
    }
  }
}

function problemOf(error: unknown): ConfigProblem {
  if (error instanceof DatastoreError) return { reason: error.reason, message: error.message };
  return { reason: 'InvalidConfig', message: error instanceof Error ? error.message : String(error) };
}

function describe(problems: readonly FieldProblem[]): string {
  return problems.map(({ field, problem }) => `${field}: ${problem}`).join('; ');
}
