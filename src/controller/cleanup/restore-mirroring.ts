import type { JsonObject } from '../../model/json-field.ts';
import { SERVICE_NAME_LABEL } from '../../model/endpoint-slice-json.ts';
import {
  MANAGED_BY_LABEL,
  SKIP_MIRROR_FINGERPRINT,
  SKIP_MIRROR_LABEL,
  SKIP_MIRROR_MARK,
} from '../../model/federation.ts';
import { type KubernetesObject, readKubernetesObject } from '../../model/kubernetes-metadata.ts';
import { endpointsPath } from '../endpoints/endpoints-json.ts';
import { MIRRORING_CONTROLLER } from '../endpoints/slice-cover.ts';
import { type CleanupContext, inParallel } from './cleanup-context.ts';
import { type CleanupStep, failed } from './cleanup-step.ts';
import { persistentWrite } from './persistent-write.ts';

const LABELLED = {
  path: '/api/v1/endpoints',
  labelSelector: `${SKIP_MIRROR_LABEL}=true`,
  what: 'Endpoints with the skip-mirror label',
};
const MIRRORED = {
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  labelSelector: `${MANAGED_BY_LABEL}=${MIRRORING_CONTROLLER}`,
  what: 'mirrored EndpointSlices',
};
/** The mirroring controller of Kubernetes needs about a second; more when it has to do many. */
const MIRROR_WAIT_MS = 15_000;
const LOOK_EVERY_MS = 500;

/**
 * Gives the Endpoints objects that we took over back to the mirroring controller of Kubernetes, and waits until it has
 * mirrored them: then our slices may go without a gap.
 *
 * @param unserved is given the services (`namespace/name`) that only our slices serve still.
 */
export async function* restoreMirroring(
  context: CleanupContext,
  unserved: Set<string>,
): AsyncGenerator<CleanupStep, void, undefined> {
  const all = (await context.api.list(LABELLED, context.signal)).map((object) =>
    readKubernetesObject(object, true),
  );
  const marked = all.filter(isMarked);
  for await (const { endpoints, step } of inParallel(marked, (each) => unlabel(context, each))) {
    if (step.outcome === 'failed') unserved.add(nameOf(endpoints));
    yield step;
  }
  if (context.dryRun) return;
  const waiting = marked.filter((endpoints) => hasSubsets(endpoints) && !unserved.has(nameOf(endpoints)));
  for (const name of await notMirrored(context, waiting.map(nameOf))) {
    unserved.add(name);
    const message = `is not mirrored ${MIRROR_WAIT_MS / 1000} s after its label was removed: look for kube-controller-manager`;
    yield { subject: `Endpoints ${name}`, outcome: 'note', message };
  }
}

async function unlabel(
  context: CleanupContext,
  endpoints: KubernetesObject,
): Promise<{ readonly endpoints: KubernetesObject; readonly step: CleanupStep }> {
  return { endpoints, step: await removeLabel(context, endpoints) };
}

async function removeLabel(context: CleanupContext, listed: KubernetesObject): Promise<CleanupStep> {
  const subject = `Endpoints ${nameOf(listed)}`;
  const what = `label ${SKIP_MIRROR_LABEL}`;
  if (context.dryRun) return { subject, outcome: 'planned', message: `${what} would be removed` };
  const path = endpointsPath(listed.meta);
  try {
    const outcome = await persistentWrite(context, path, (object, options) => {
      const endpoints = readKubernetesObject(object, true);
      if (!isMarked(endpoints)) return 'nothing';
      const { uid, resourceVersion } = endpoints.meta;
      const annotations = { [SKIP_MIRROR_MARK]: null, [SKIP_MIRROR_FINGERPRINT]: null };
      const metadata = { uid, resourceVersion, labels: { [SKIP_MIRROR_LABEL]: null }, annotations };
      return context.api.merge(path, { metadata }, options);
    });
    return {
      subject,
      outcome,
      message: outcome === 'done' ? `${what} removed` : 'is gone or changed already',
    };
  } catch (error) {
    context.signal.throwIfAborted();
    return failed(subject, error);
  }
}

/** Those of the Endpoints that have no mirrored slice although there was time. */
async function notMirrored(
  { api, clock, signal }: CleanupContext,
  names: readonly string[],
): Promise<readonly string[]> {
  const end = clock.monotonic() + MIRROR_WAIT_MS;
  let missing = names;
  while (missing.length > 0) {
    const mirrored = new Set((await api.list(MIRRORED, signal)).map(serviceOf));
    missing = missing.filter((name) => !mirrored.has(name));
    if (missing.length === 0 || clock.monotonic() >= end) break;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  return missing;
}

/** Only a label that we set is ours to remove. */
function isMarked({ metadata }: KubernetesObject): boolean {
  const { annotations } = metadata;
  if (typeof annotations !== 'object' || annotations === null) return false;
  return (annotations as JsonObject)[SKIP_MIRROR_MARK] === 'true';
}

function hasSubsets({ object }: KubernetesObject): boolean {
  const { subsets } = object;
  return Array.isArray(subsets) && subsets.length > 0;
}

function nameOf({ meta }: KubernetesObject): string {
  return `${meta.namespace}/${meta.name}`;
}

function serviceOf(slice: JsonObject): string {
  const { meta, labels } = readKubernetesObject(slice, true);
  return `${meta.namespace}/${labels.get(SERVICE_NAME_LABEL) ?? ''}`;
}
