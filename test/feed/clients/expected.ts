import assert from 'node:assert/strict';
import { MERGED } from '../../../src/feed/feed-object.ts';
import type { FeedObject, FeedView } from '../../../src/feed/feed-object.ts';
import { FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import { remoteClusterJson } from '../../../src/feed/objects/remote-cluster-json.ts';
import { metadataJson, objectJson } from '../../../src/feed/objects/object-json.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import type { Kind } from '../../../src/model/kind.ts';
import { workloadEndpointName } from '../../../src/model/workload-endpoint-name.ts';
import type { FeedWorld } from './feed-world.ts';
import type { ChurnedResource } from './random-objects.ts';

const KINDS: Readonly<Record<ChurnedResource, Kind>> = {
  services: 'Service',
  endpointslices: 'EndpointSlice',
  workloadendpoints: 'WorkloadEndpoint',
  hostendpoints: 'HostEndpoint',
  profiles: 'Profile',
  ippools: 'IPPool',
};

/** Objects by `namespace/name`, without empty fields. */
export type Shown = Readonly<Record<string, unknown>>;

/** What a client must hold of a collection, straight from the index, without anything of the feed's journal. */
export function expected(
  world: FeedWorld,
  resource: ChurnedResource,
  form: 'object' | 'metadata',
  view: FeedView = MERGED,
): Shown {
  const { resourceVersion } = world.store;
  const base = Number(resourceVersion.slice(0, -3)) - world.index.revision;
  const shown: Record<string, unknown> = {};
  const cluster = view.view === 'cluster' ? view.cluster : undefined;
  for (const found of world.index.list(KINDS[resource], cluster)) {
    const { entry, revision } = found;
    const name = entry.kind === 'WorkloadEndpoint' ? workloadEndpointName(entry) : entry.name;
    const object: FeedObject = {
      resource,
      cluster: found.cluster,
      namespace: entry.namespace,
      name,
      sequence: base + revision,
      content: entry,
    };
    const version = `${object.sequence}${resourceVersion.slice(-3)}`;
    const json =
      form === 'object'
        ? objectJson(object, view, version)
        : { metadata: metadataJson(object, view, version) };
    put(shown, json, resource);
  }
  return shown;
}

/** What a client must hold of the remote clusters: what they are and how they are, by name. */
export function expectedClusters(world: FeedWorld): Shown {
  const json = world.statuses.map((status) => {
    const content = { kind: 'RemoteCluster', status, created: 0, uid: '' } as const;
    return [status.name, pruned(remoteClusterJson(content))] as const;
  });
  return Object.fromEntries(json);
}

export function heldClusters(objects: readonly unknown[]): Shown {
  return Object.fromEntries(
    (objects as readonly JsonObject[]).map(({ metadata, spec, status }) => {
      const { name } = metadata as { readonly name: string };
      return [name, pruned({ spec, status })] as const;
    }),
  );
}

/** A client's objects in the same form. */
export function held(objects: readonly unknown[], resource: string): Shown {
  const shown: Record<string, unknown> = {};
  for (const object of objects) put(shown, object as JsonObject, resource);
  return shown;
}

function put(shown: Record<string, unknown>, object: JsonObject, resource: string): void {
  // Typed clients drop kind and apiVersion, as the type says them.
  const { kind, apiVersion, ...rest } = object;
  const { name, namespace = '' } = rest['metadata'] as { readonly name: string; readonly namespace?: string };
  if (kind !== undefined && kind !== '' && kind !== 'PartialObjectMetadata') {
    assert.equal(kind, FEED_RESOURCES[resource as ChurnedResource].kind);
    assert.notEqual(apiVersion, undefined);
  }
  const key = `${namespace}/${name}`;
  assert.ok(!(key in shown), `${resource} ${key} is there twice`);
  shown[key] = pruned(rest);
}

/** Without null, undefined, '' and what is empty: a typed client cannot tell them from a field that is not there. */
export function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, pruned(inner)] as const)
    .filter(([, inner]) => !isEmpty(inner));
  return Object.fromEntries(entries);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
