import type { JsonObject } from '../../model/json-field.ts';
import { SERVICE_NAME_LABEL } from '../../model/endpoint-slice-json.ts';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../model/federation.ts';
import { readKubernetesObject } from '../../model/kubernetes-metadata.ts';
import { type CleanupContext, inParallel } from './cleanup-context.ts';
import { type CleanupStep, failed } from './cleanup-step.ts';
import { persistentWrite } from './persistent-write.ts';

const API = '/apis/discovery.k8s.io/v1';
const OURS = {
  path: `${API}/endpointslices`,
  labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}`,
  what: 'our EndpointSlices',
};

/**
 * Deletes the EndpointSlices with our managed-by label in all namespaces, and looks whether any came back.
 *
 * @param unserved services (`namespace/name`) that nothing else serves yet, although something shall: theirs are kept.
 */
export async function* deleteSlices(
  context: CleanupContext,
  unserved: ReadonlySet<string>,
): AsyncGenerator<CleanupStep, void, undefined> {
  const { api, dryRun, signal } = context;
  const slices = await api.list(OURS, signal);
  yield* inParallel(slices, (slice) =>
    unserved.has(serviceOf(slice)) ? kept(slice) : deleteSlice(context, slice),
  );
  if (dryRun) return;
  const known = new Set(slices.map(subjectOf));
  for (const slice of await api.list(OURS, signal)) {
    if (isDeleting(slice) || known.has(subjectOf(slice))) continue;
    const message = 'was written during the cleanup: a daemon seems to run without leader election';
    yield { subject: subjectOf(slice), outcome: 'failed', message };
  }
}

async function kept(slice: JsonObject): Promise<CleanupStep> {
  const message = 'was kept, for its Endpoints object is not mirrored yet: run the cleanup again';
  return { subject: subjectOf(slice), outcome: 'failed', message };
}

async function deleteSlice(context: CleanupContext, listed: JsonObject): Promise<CleanupStep> {
  const subject = subjectOf(listed);
  if (context.dryRun) return { subject, outcome: 'planned', message: 'would be deleted' };
  const { namespace, name } = metaOf(listed);
  const path = `${API}/namespaces/${encodeURIComponent(namespace)}/endpointslices/${encodeURIComponent(name)}`;
  try {
    const outcome = await persistentWrite(context, path, (slice, options) => {
      // Another of that name may have come since, or somebody took it over.
      if (!isOurs(slice) || isDeleting(slice)) return 'nothing';
      return context.api.remove(path, { uid: metaOf(slice).uid }, options);
    });
    return { subject, outcome, message: outcome === 'done' ? 'deleted' : 'is gone already' };
  } catch (error) {
    context.signal.throwIfAborted();
    return failed(subject, error);
  }
}

function isOurs(slice: JsonObject): boolean {
  return readKubernetesObject(slice, true).labels.get(MANAGED_BY_LABEL) === MANAGED_BY;
}

function isDeleting(slice: JsonObject): boolean {
  return readKubernetesObject(slice, true).metadata['deletionTimestamp'] !== undefined;
}

function serviceOf(slice: JsonObject): string {
  const { meta, labels } = readKubernetesObject(slice, true);
  return `${meta.namespace}/${labels.get(SERVICE_NAME_LABEL) ?? ''}`;
}

function metaOf(slice: JsonObject): { namespace: string; name: string; uid: string } {
  return readKubernetesObject(slice, true).meta;
}

function subjectOf(slice: JsonObject): string {
  const { namespace, name } = metaOf(slice);
  return `EndpointSlice ${namespace}/${name}`;
}
