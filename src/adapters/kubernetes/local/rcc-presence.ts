import type { JsonObject } from '../../../model/json-field.ts';
import { isObject, metadataOf, readJson } from './local-body.ts';
import { statusError } from '../connection/status-error.ts';
import type { KubeTransport } from '../connection/transport.ts';

/** The API groups that RCCs may be served in. The first is preferred where both serve one. */
export const RCC_GROUPS = [
  { group: 'crd.projectcalico.org', version: 'v1' },
  { group: 'projectcalico.org', version: 'v3' },
] as const;
export type RccGroup = (typeof RCC_GROUPS)[number];

export const RCC_RESOURCE = 'remoteclusterconfigurations';

/** Whether a group serves RCCs: `terminating`: its CRD is being deleted, and with it every object, which deletes no RCC. */
export interface Presence {
  readonly state: 'served' | 'absent' | 'terminating';
  /** From the CRD itself, not from discovery, which follows a little later. */
  readonly certain: boolean;
}

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Asks for the CRD, and where that may not be read or does not exist (Calico's API server serves its group without
 * one) for the group's discovery, which every account may read.
 * @throws DatastoreError where neither gives an answer: that says nothing about the RCCs
 */
export async function probeGroup(
  transport: KubeTransport,
  { group, version }: RccGroup,
  signal: AbortSignal,
): Promise<Presence> {
  const what = `get the CRD ${RCC_RESOURCE}.${group}`;
  const response = await transport.get({
    path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${RCC_RESOURCE}.${group}`,
    signal,
  });
  if (response.status === 200) {
    return { state: stateOfCrd(await readJson(response.body, what, MAX_BYTES), version), certain: true };
  }
  const error = await statusError(response, what);
  if (response.status !== 403 && response.status !== 404) throw error;
  return { state: await discovered(transport, `${group}/${version}`, signal), certain: false };
}

function stateOfCrd(crd: JsonObject, version: string): Presence['state'] {
  if (metadataOf(crd)['deletionTimestamp'] !== undefined) return 'terminating';
  const spec = isObject(crd['spec']) ? crd['spec'] : {};
  const versions: readonly unknown[] = Array.isArray(spec['versions']) ? spec['versions'] : [];
  const served = versions.some(
    (item) => isObject(item) && item['name'] === version && item['served'] === true,
  );
  return served ? 'served' : 'absent';
}

async function discovered(
  transport: KubeTransport,
  groupVersion: string,
  signal: AbortSignal,
): Promise<Presence['state']> {
  const what = `discover ${groupVersion}`;
  const path = `/apis/${groupVersion}`;
  const response = await transport.get({ path, signal });
  if (response.status === 404) {
    await statusError(response, what);
    return 'absent';
  }
  if (response.status !== 200) throw await statusError(response, what);
  const { resources } = await readJson(response.body, what, MAX_BYTES);
  const found: unknown = Array.isArray(resources)
    ? resources.find((item) => isObject(item) && item['name'] === RCC_RESOURCE)
    : undefined;
  if (!isObject(found)) return 'absent';
  // While a CRD is terminating its discovery names no verb that writes.
  const verbs: readonly unknown[] = Array.isArray(found['verbs']) ? found['verbs'] : [];
  return verbs.includes('create') ? 'served' : 'terminating';
}
