import type { SliceEndpoint, SlicePort } from '../../../src/model/endpoint-slice.ts';
import { showCluster, type SourceCluster } from '../../../src/model/federation.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import type { EndpointsEdit } from '../../../src/controller/endpoints/endpoints-edit.ts';
import {
  endpointsToCreate,
  endpointsToLabel,
  endpointsToPatch,
} from '../../../src/controller/endpoints/endpoints-json.ts';
import { ownedEndpointsFromJson } from '../../../src/controller/endpoints/owned-endpoints-json.ts';
import type { OwnedEndpoints } from '../../../src/controller/endpoints/owned-endpoints.ts';
import type { OwnedSlice } from '../../../src/controller/owned/owned-slice.ts';
import type { DesiredPart, DesiredService } from '../../../src/controller/plan/desired-service.ts';
import { sliceEndpoint } from '../../model/slice-endpoint.ts';

export const SELECTOR = 'app == "web"';

export function endpoint(address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return sliceEndpoint(address, {
    serving: true,
    terminating: false,
    targetRef: { kind: 'Pod', namespace: 'shop', name: `pod-${address}`, uid: `uid-${address}` },
    ...more,
  });
}

/** With the targetRef that selection gives a remote endpoint. */
export function remote(cluster: string, address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  const targetRef = {
    kind: 'Pod',
    namespace: 'shop',
    name: `${cluster}/pod`,
    uid: `uid-${cluster}-${address}`,
  };
  return endpoint(address, { targetRef, ...more });
}

export function port(number: number | undefined, name = '', more: Partial<SlicePort> = {}): SlicePort {
  return { name, protocol: 'TCP', port: number, appProtocol: '', ...more };
}

export function part(
  cluster: SourceCluster,
  endpoints: readonly SliceEndpoint[],
  ports: readonly SlicePort[] = [port(80)],
  family: 'IPv4' | 'IPv6' = 'IPv4',
): DesiredPart {
  return { cluster, family, ports, endpoints };
}

/** `held`: names of held clusters, `(local)` for the local one. */
export function desired(parts: readonly DesiredPart[], held: readonly string[] = []): DesiredService {
  return {
    namespace: 'shop',
    name: 'web',
    uid: 'service-uid',
    parts,
    isHeld: (cluster) => held.includes(showCluster(cluster)),
  };
}

export interface ObjectOptions {
  readonly annotations?: JsonObject;
  readonly labels?: JsonObject;
  readonly subsets?: readonly JsonObject[];
  readonly metadata?: JsonObject;
}

/** An Endpoints object as JSON, annotated unless told. */
export function object(options: ObjectOptions = {}): JsonObject {
  const { labels = {}, subsets = [], metadata = {} } = options;
  const annotations = options.annotations ?? { 'federation.tigera.io/serviceSelector': SELECTOR };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      namespace: 'shop',
      name: 'web',
      uid: 'e-1',
      resourceVersion: '7',
      annotations,
      labels,
      ...metadata,
    },
    subsets,
  };
}

export function owned(options: ObjectOptions = {}): OwnedEndpoints {
  return ownedEndpointsFromJson(object(options));
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isMap = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isMap ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** The object as an API server would hold it after the edit; undefined = deleted. */
export function applied(edit: EndpointsEdit, before: JsonObject | undefined): JsonObject | undefined {
  if (edit.op === 'delete') return undefined;
  const metadata = before?.['metadata'] as JsonObject | undefined;
  const version = {
    uid: metadata?.['uid'] ?? 'e-1',
    resourceVersion: String(Number(metadata?.['resourceVersion'] ?? 6) + 1),
  };
  const merged =
    edit.op === 'create'
      ? endpointsToCreate(edit.content)
      : mergePatch(
          before,
          edit.op === 'label'
            ? endpointsToLabel(edit.fingerprint, edit.of)
            : endpointsToPatch(edit.content, edit.of),
        );
  return mergePatch(merged, { metadata: version }) as JsonObject;
}

export function ownedSlice(
  cluster: SourceCluster,
  endpoints: readonly SliceEndpoint[],
  more: Partial<OwnedSlice> = {},
): OwnedSlice {
  return {
    namespace: 'shop',
    name: `web-${cluster ?? 'local'}-0`,
    uid: 's-1',
    resourceVersion: '3',
    service: 'web',
    ownerUid: 'service-uid',
    cluster,
    family: 'IPv4',
    ports: [port(80)],
    endpoints,
    intact: true,
    deleting: false,
    ...more,
  };
}
