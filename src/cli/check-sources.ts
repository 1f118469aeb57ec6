import type { RccSnapshot, RccSource, SecretSnapshot, SecretSource } from '../contract/rcc-source.ts';
import type { RccDocument, SecretName } from '../model/rcc.ts';
import type { StatusReason } from '../model/status.ts';
import type { Clock } from '../runtime/clock.ts';

/** An RCC with the place of its Secrets. */
export interface SourcedDocument {
  readonly document: RccDocument;
  readonly secrets: SecretSource | undefined;
}

/** What all sources hold, read once. */
export interface SourcesReading {
  /** By name; of several with one name the one that the daemon would use. */
  readonly documents: readonly SourcedDocument[];
  readonly problems: readonly {
    readonly source: string;
    readonly reason: StatusReason;
    readonly message: string;
  }[];
  readonly rejected: readonly { readonly origin: string; readonly problem: string }[];
  readonly conflicts: readonly { readonly name: string; readonly used: string; readonly ignored: string }[];
}

export interface ReadOptions {
  readonly clock: Clock;
  /** A source that says nothing for so long counts as unreadable. */
  readonly timeoutMs: number;
  /** The sources go on until it aborts, since Secrets are read from them later. */
  readonly signal: AbortSignal;
}

/** Starts the sources and waits for the first word of each. Never rejects for a source that is unreadable. */
export async function readSources(
  sources: readonly RccSource[],
  options: ReadOptions,
): Promise<SourcesReading> {
  const snapshots = await Promise.all(sources.map((source) => firstSnapshot(source, options)));
  const documents = new Map<string, SourcedDocument>();
  const conflicts: SourcesReading['conflicts'][number][] = [];
  for (const [i, snapshot] of snapshots.entries()) {
    const secrets = sources[i]?.secrets;
    for (const document of snapshot.documents) {
      const used = documents.get(document.name);
      if (used === undefined) documents.set(document.name, { document, secrets });
      else conflicts.push({ name: document.name, used: used.document.origin, ignored: document.origin });
    }
  }
  return {
    documents: [...documents.values()].sort((a, b) => (a.document.name < b.document.name ? -1 : 1)),
    problems: snapshots.flatMap(({ problem }, i) =>
      problem === undefined ? [] : [{ source: sources[i]?.name ?? '', ...problem }],
    ),
    rejected: snapshots.flatMap(({ rejected }) => rejected),
    conflicts,
  };
}

async function firstSnapshot(source: RccSource, options: ReadOptions): Promise<RccSnapshot> {
  const { clock, timeoutMs, signal } = options;
  const { promise, resolve } = Promise.withResolvers<RccSnapshot>();
  const failed = (reason: StatusReason, message: string): void =>
    resolve({ documents: [], rejected: [], problem: { reason, message } });
  const cancel = clock.after(timeoutMs, () => failed('Timeout', `no complete list within ${timeoutMs} ms`));
  source.run(resolve, signal).catch((error: unknown) => failed('SourceMissing', messageOf(error)));
  const snapshot = await promise;
  cancel();
  return snapshot;
}

/** The first state of a Secret. */
export async function readSecret(
  secrets: SecretSource,
  name: SecretName,
  options: ReadOptions,
): Promise<SecretSnapshot> {
  const { clock, timeoutMs, signal } = options;
  const { promise, resolve } = Promise.withResolvers<SecretSnapshot>();
  const stop = new AbortController();
  const failed = (message: string): void => resolve({ state: 'failed', message });
  const cancel = clock.after(timeoutMs, () => failed(`no answer within ${timeoutMs} ms`));
  const watching = secrets
    .watch(name, resolve, AbortSignal.any([signal, stop.signal]))
    .catch((error: unknown) => failed(messageOf(error)));
  const snapshot = await promise;
  cancel();
  stop.abort();
  await watching;
  return snapshot;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
