import type { Adapter, CheckStep, DatastoreOptions, PreparedDatastore } from '../contract/adapter.ts';
import { DatastoreError } from '../contract/datastore-error.ts';
import type { SecretSnapshot } from '../contract/rcc-source.ts';
import { parseRcc } from '../model/rcc-parse.ts';
import type { RccParse } from '../model/rcc-parse.ts';
import type { ClusterAccess, FieldProblem } from '../model/rcc.ts';
import type { StatusReason } from '../model/status.ts';
import { readSecret } from './check-sources.ts';
import type { ReadOptions, SourcedDocument } from './check-sources.ts';

export interface ClusterCheckOptions extends ReadOptions {
  readonly adapters: readonly Adapter[];
  readonly datastore: DatastoreOptions;
  readonly trustInline: boolean;
}

/**
 * The preflight of one RCC: document, Secret, files, then the steps of each datastore, each as it finishes. Both
 * datastores of an RCC are checked, whatever the first says.
 */
export async function* checkCluster(
  sourced: SourcedDocument,
  options: ClusterCheckOptions,
): AsyncGenerator<CheckStep, void> {
  const access = yield* resolveAccess(sourced, options);
  if (access === undefined) return;
  const adapters = options.adapters.filter((adapter) => adapter.serves(access));
  if (adapters.length === 0) {
    yield failed(
      'parse',
      sourced.document.origin,
      'InvalidConfig',
      `no adapter serves ${access.datastoreType}`,
    );
  }
  for (const adapter of adapters) {
    let prepared: PreparedDatastore;
    try {
      prepared = await adapter.prepare(access, options.datastore);
    } catch (error) {
      yield failedBy(error, 'files', adapter.type);
      continue;
    }
    const { length } = prepared.files;
    yield ok('files', adapter.type, length === 0 ? 'No files are named.' : `${length} file(s) read.`);
    try {
      yield* prepared.check(options.signal);
    } catch (error) {
      yield failedBy(error, 'list', adapter.type);
    }
  }
}

async function* resolveAccess(
  { document, secrets }: SourcedDocument,
  options: ClusterCheckOptions,
): AsyncGenerator<CheckStep, ClusterAccess | undefined> {
  const { origin } = document;
  if (document.access !== undefined) return document.access;
  const parse = parseRcc(document, { trustInline: options.trustInline });
  if (!parse.ok) {
    yield failed('parse', origin, parse.reason, describe(parse.problems));
    return undefined;
  }
  yield ok('parse', origin, `datastoreType ${parse.datastoreType ?? 'is in the Secret'}.`);
  if (parse.needs === 'nothing') return parse.access;
  const { namespace, name } = parse.secret;
  const subject = `Secret ${namespace}/${name}`;
  if (secrets === undefined) {
    yield failed('files', subject, 'SecretNotFound', 'This source of RCCs has no Secrets.');
    return undefined;
  }
  const completed = applySecret(parse, await readSecret(secrets, parse.secret, options), subject);
  yield completed.step;
  return completed.access;
}

interface AppliedSecret {
  readonly step: CheckStep;
  readonly access: ClusterAccess | undefined;
}

function applySecret(
  parse: Extract<RccParse, { readonly needs: 'secret' }>,
  secret: SecretSnapshot,
  subject: string,
): AppliedSecret {
  const fail = (reason: StatusReason, message: string): AppliedSecret => ({
    step: failed('files', subject, reason, message),
    access: undefined,
  });
  switch (secret.state) {
    case 'missing':
      return fail('SecretNotFound', 'The Secret does not exist.');
    case 'forbidden':
      return fail('SecretForbidden', secret.message);
    case 'failed':
      return fail('Unreachable', secret.message);
    case 'found': {
      const completed = parse.complete(secret.data);
      if (!completed.ok) return fail(completed.reason, describe(completed.problems));
      const { access } = completed;
      return { step: ok('files', subject, `Read; datastoreType ${access.datastoreType}.`), access };
    }
  }
}

function describe(problems: readonly FieldProblem[]): string {
  return problems.map(({ field, problem }) => `${field} ${problem}`).join('; ');
}

function ok(step: CheckStep['step'], subject: string, message: string): CheckStep {
  return { step, subject, result: 'ok', message };
}

function failed(step: CheckStep['step'], subject: string, reason: StatusReason, message: string): CheckStep {
  return { step, subject, result: 'failed', reason, message };
}

function failedBy(error: unknown, step: CheckStep['step'], subject: string): CheckStep {
  if (error instanceof DatastoreError) return failed(step, subject, error.reason, error.message);
  // Of an error that nobody foresaw only the kind is shown: its text may hold anything.
  const kind = error instanceof Error ? error.name : typeof error;
  return { step, subject, result: 'failed', message: `Unexpected ${kind}.` };
}
