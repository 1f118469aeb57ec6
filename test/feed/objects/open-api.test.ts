import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MERGED } from '../../../src/feed/feed-object.ts';
import type { FeedObject } from '../../../src/feed/feed-object.ts';
import { FEED_PLURALS } from '../../../src/feed/feed-resource.ts';
import { apiVersionOf, FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import { objectJson } from '../../../src/feed/objects/object-json.ts';
import {
  BODY_FIELDS,
  LIST_META_FIELDS,
  OBJECT_META_FIELDS,
} from '../../../src/feed/objects/open-api-fields.ts';
import { openApiName, openApiSchemas } from '../../../src/feed/objects/open-api.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import {
  clusterStatus,
  feedObject,
  pool,
  remoteCluster,
  samples,
  service,
  slice,
  workload,
} from './fixtures.ts';

/** Objects that together show every field. */
function everything(): FeedObject[] {
  const [endpoint] = slice().endpoints;
  assert.ok(endpoint);
  const [port] = slice().ports;
  assert.ok(port);
  return [
    ...samples(),
    feedObject(service({ type: 'ExternalName', externalName: 'x', publishNotReadyAddresses: true })),
    feedObject(
      slice({ endpoints: [{ ...endpoint, hostname: 'h' }], ports: [{ ...port, appProtocol: 'http' }] }),
    ),
    feedObject(pool({ ipipMode: 'Always' })),
    feedObject(workload({ orchestrator: 'cni' })),
    feedObject(workload({ orchestrator: 'openstack' })),
    remoteCluster(
      clusterStatus({ datastores: [{ type: 'etcdv3', status: 'InSync', reason: 'Synced', message: 'm' }] }),
    ),
  ];
}

const MAPS = new Set(['labels', 'annotations', 'selector', 'labelsToApply']);

/** Every path of an object, items of lists under the path of the list. */
function pathsOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, path));
  if (typeof value !== 'object' || value === null) return [path];
  if (MAPS.has(path.split('.').at(-1) ?? '')) return [path];
  const inside = Object.entries(value).flatMap(([key, one]) =>
    pathsOf(one, path === '' ? key : `${path}.${key}`),
  );
  return path === '' ? inside : [path, ...inside];
}

function shownPaths(object: FeedObject): string[] {
  return pathsOf(JSON.parse(JSON.stringify(objectJson(object, MERGED, '1'))), '');
}

describe('open-api-fields', () => {
  for (const plural of FEED_PLURALS) {
    it(`describes exactly the fields that ${plural} have`, () => {
      const shown = new Set(
        everything()
          .filter(({ resource }) => resource === plural)
          .flatMap(shownPaths),
      );
      const body = [...shown].filter((path) => !/^(apiVersion|kind|metadata)/.test(path));
      assert.deepEqual(body.sort(), BODY_FIELDS[plural].map(([path]) => path).sort());
    });
  }

  it('describes exactly the metadata that objects have', () => {
    const shown = new Set(everything().flatMap(shownPaths));
    const metadata = [...shown].filter((path) => path.startsWith('metadata.')).map((path) => path.slice(9));
    assert.deepEqual(metadata.sort(), OBJECT_META_FIELDS.map(([path]) => path).sort());
  });

  it('has a sentence for each field', () => {
    const all = [...Object.values(BODY_FIELDS).flat(), ...OBJECT_META_FIELDS, ...LIST_META_FIELDS];
    for (const [path, , description] of all) assert.match(description, /^\S.{5,}\.$/, path);
  });
});

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.hasOwn(value, '$ref') ? [String((value as { $ref: unknown }).$ref)] : [];
  return [...own, ...Object.values(value).flatMap(references)];
}

function at(schema: unknown, ...keys: readonly string[]): JsonObject {
  return keys.reduce((inner, key) => (inner as Record<string, unknown>)[key], schema) as JsonObject;
}

describe('openApiSchemas', () => {
  for (const [version, prefix] of [
    ['v2', '#/definitions/'],
    ['v3', '#/components/schemas/'],
  ] as const) {
    it(`refers only to what is there (${version})`, () => {
      const schemas = openApiSchemas(version);
      const names = references(schemas).map((reference) => {
        assert.ok(reference.startsWith(prefix), reference);
        return reference.slice(prefix.length);
      });
      assert.ok(names.length > 0);
      for (const name of names) assert.ok(name in schemas, name);
    });

    it(`names every kind and its list by group, version and kind (${version})`, () => {
      const schemas = openApiSchemas(version);
      for (const plural of FEED_PLURALS) {
        const { group, version: apiVersion, kind } = FEED_RESOURCES[plural];
        for (const suffix of ['', 'List']) {
          const extension = schemas[`${openApiName(plural)}${suffix}`]?.['x-kubernetes-group-version-kind'];
          assert.deepEqual(extension, [{ group, version: apiVersion, kind: `${kind}${suffix}` }]);
        }
      }
    });
  }

  it('nests what is in objects and lists', () => {
    const schema = openApiSchemas('v3', ['endpointslices'])['io.k8s.api.discovery.v1.EndpointSlice'];
    const conditions = at(
      schema,
      'properties',
      'endpoints',
      'items',
      'properties',
      'conditions',
      'properties',
    );
    assert.deepEqual(Object.keys(conditions), ['ready', 'serving', 'terminating']);
    assert.deepEqual(at(conditions, 'ready')['type'], 'boolean');
  });

  it('says null in the way of each version', () => {
    const counts = (version: 'v2' | 'v3'): JsonObject =>
      at(
        openApiSchemas(version)['io.fedsyncd.v1alpha1.RemoteCluster'],
        'properties',
        'status',
        'properties',
        'counts',
        'properties',
        'services',
      );
    assert.equal(counts('v3')['nullable'], true);
    assert.ok(!('nullable' in counts('v2')));
  });

  it('holds no kind that was not asked for', () => {
    const names = Object.keys(openApiSchemas('v3', ['profiles']));
    assert.deepEqual(
      names.filter((name) => !name.startsWith('io.k8s')),
      ['org.projectcalico.v3.Profile', 'org.projectcalico.v3.ProfileList'],
    );
  });
});

describe('FEED_RESOURCES', () => {
  it('has no name twice', () => {
    const names = Object.values(FEED_RESOURCES).flatMap(({ plural, singular, shortNames }) => [
      plural,
      singular,
      ...shortNames,
    ]);
    assert.equal(new Set(names).size, names.length);
    assert.ok(!names.includes('rc'), 'that is what Kubernetes calls ReplicationControllers');
  });

  it('says of each kind what its objects say of themselves', () => {
    for (const object of samples()) {
      const resource = FEED_RESOURCES[object.resource];
      const { kind, apiVersion } = objectJson(object, MERGED, '1');
      assert.deepEqual([kind, apiVersion], [resource.kind, apiVersionOf(resource)]);
      assert.equal(object.namespace !== '', resource.namespaced);
      assert.equal(resource.columns[0]?.format, 'name');
    }
  });
});
