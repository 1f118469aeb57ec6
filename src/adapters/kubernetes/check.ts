import type { CheckStep } from '../../contract/adapter.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Resource } from '../../model/kind.ts';
import type { PreparedKubernetes } from './connection/connect.ts';
import type { KubernetesDatastore } from './datastore.ts';

const FIRST_PAGE = 500;

/** All steps of a preflight: of the connection, then of what can be read over it. Never rejects but for the signal's reason. */
export async function* checkDatastore(
  connection: Pick<PreparedKubernetes, 'checkConnection'>,
  open: () => KubernetesDatastore,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  for await (const step of connection.checkConnection(signal)) {
    yield step;
    if (step.result === 'failed') return;
  }
  const datastore = open();
  try {
    yield* checkReading(datastore, signal);
  } finally {
    await datastore.close();
  }
}

/**
 * The steps of a preflight after the connection: `permissions` for each resource, `identity`, and a first page of
 * the largest resource. Never rejects but for the signal's reason.
 */
async function* checkReading(datastore: KubernetesDatastore, signal: AbortSignal): AsyncGenerator<CheckStep> {
  for (const resource of datastore.resources) yield await permission(datastore, resource, signal);
  yield await identity(datastore, signal);
  yield await firstPage(datastore, signal);
}

function subjectOf(resource: Resource): string {
  return `kubernetes ${resource}`;
}

async function permission(
  datastore: KubernetesDatastore,
  resource: Resource,
  signal: AbortSignal,
): Promise<CheckStep> {
  return attempt({ step: 'permissions', subject: subjectOf(resource) }, signal, async () => {
    const collection = await datastore.collection(resource, signal);
    if (collection === undefined)
      return { result: 'skipped', message: 'Calico has no custom resources there' };
    await collection.firstPage(1, signal);
    return { result: 'ok', message: `${collection.what} may be listed` };
  });
}

async function identity(datastore: KubernetesDatastore, signal: AbortSignal): Promise<CheckStep> {
  return attempt({ step: 'identity', subject: 'kubernetes' }, signal, async () => {
    const identities = await datastore.identify(signal);
    if (identities.length === 0)
      return { result: 'skipped', message: 'nothing that identifies it may be read' };
    return { result: 'ok', message: identities.join(', ') };
  });
}

async function firstPage(datastore: KubernetesDatastore, signal: AbortSignal): Promise<CheckStep> {
  const resource: Resource = datastore.resources.includes('workloadendpoints')
    ? 'workloadendpoints'
    : 'services';
  return attempt({ step: 'list', subject: subjectOf(resource) }, signal, async () => {
    const collection = await datastore.collection(resource, signal);
    if (collection === undefined) return { result: 'skipped', message: 'not served' };
    const { items, more } = await collection.firstPage(FIRST_PAGE, signal);
    return { result: 'ok', message: `${more ? 'the first ' : ''}${items} ${collection.what}` };
  });
}

async function attempt(
  step: Pick<CheckStep, 'step' | 'subject'>,
  signal: AbortSignal,
  run: () => Promise<Pick<CheckStep, 'result' | 'message'>>,
): Promise<CheckStep> {
  try {
    return { ...step, ...(await run()) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DatastoreError)) throw error;
    return { ...step, result: 'failed', reason: error.reason, message: error.message };
  }
}
