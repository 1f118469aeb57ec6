import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MERGED } from '../../../src/feed/feed-object.ts';
import type { FeedObject, FeedView } from '../../../src/feed/feed-object.ts';
import type { FeedPlural } from '../../../src/feed/feed-resource.ts';
import type { FeedEncoding } from '../../../src/feed/feed-store.ts';
import { feedEncoder } from '../../../src/feed/objects/encoder-for.ts';
import type { FeedEncoder } from '../../../src/feed/objects/feed-encoder.ts';
import { apiVersionOf, FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import type { FeedListMeta } from '../../../src/feed/objects/list-meta.ts';
import { objectJson } from '../../../src/feed/objects/object-json.ts';
import { partialJson } from '../../../src/feed/objects/partial-object.ts';
import { check } from '../../model/property.ts';
import {
  anyObject,
  anyService,
  anySlice,
  CREATED,
  EAST,
  feedObject,
  namespaceObject,
  samples,
  service,
  slice,
  viewsOf,
  workload,
} from './fixtures.ts';
import { SAMPLE_NAMESPACE, SAMPLE_SERVICE, SAMPLE_SLICE } from './kube-samples.ts';
import { asMessage, decodeBody, decodeFrame, withoutEmpty } from './kube-schema.ts';

type Form = FeedEncoding['form'];

function encoder(
  resource: FeedPlural,
  encoding: Partial<FeedEncoding>,
  view: FeedView = MERGED,
): FeedEncoder {
  const full: FeedEncoding = { wire: 'json', form: 'object', includeObject: 'Metadata', ...encoding };
  const version = (sequence: number): string => `${sequence}001`;
  return feedEncoder({ resource, view, encoding: full, version, now: () => CREATED + 60_000 });
}

function protobuf(object: FeedObject, view: FeedView, form: Form = 'object'): FeedEncoder {
  return encoder(object.resource, { wire: 'protobuf', form }, view);
}

/** Without halves of surrogate pairs, which UTF-8 cannot hold. */
function wellFormed<T>(value: T): T {
  const text = JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, String.raw`\ufffd`);
  return JSON.parse(text) as T;
}

/** A whole list body, its items in two parts. */
function listBody(made: FeedEncoder, objects: readonly FeedObject[], meta: FeedListMeta): Buffer {
  const parts = [made.items(objects.slice(0, 2), true), made.items(objects.slice(2), objects.length === 0)];
  const items = Buffer.concat(objects.length > 2 ? parts : parts.slice(0, 1));
  const { head, tail } = made.listEnds(meta, made.needsLength ? items.length : Number.NaN);
  return Buffer.concat([head, items, tail]);
}

const json = (bytes: Buffer): unknown => JSON.parse(bytes.toString());
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const all: FeedListMeta = { resourceVersion: '7', continue: '' };
const page: FeedListMeta = { resourceVersion: '7', continue: 'token', remainingItemCount: 12 };
const three = ['a', 'b', 'c'].map((name) => feedObject(service({ name })));

describe('protobuf of objects', () => {
  it('is decoded to what the JSON says, whatever remote clusters send', () => {
    check(
      fc.property(fc.oneof(anyService, anySlice), (object) => {
        for (const view of viewsOf(object)) {
          const { kind, apiVersion, object: decoded } = decodeBody(protobuf(object, view).object(object));
          const expected = wellFormed(objectJson(object, view, '9001'));
          assert.deepEqual(
            { kind, apiVersion },
            { kind: expected['kind'], apiVersion: expected['apiVersion'] },
          );
          assert.deepEqual(withoutEmpty(decoded), withoutEmpty(asMessage(kind, expected)));
        }
      }),
    );
  });

  it('is there for every kind as PartialObjectMetadata', () => {
    check(
      fc.property(anyObject, (object) => {
        for (const view of viewsOf(object)) {
          const {
            kind,
            apiVersion,
            object: decoded,
          } = decodeBody(protobuf(object, view, 'metadata').object(object));
          assert.deepEqual(
            { kind, apiVersion },
            { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' },
          );
          const expected = asMessage(kind, wellFormed(partialJson(object, view, '9001')));
          assert.deepEqual(withoutEmpty(decoded), withoutEmpty(expected));
        }
      }),
    );
  });

  it('is byte for byte what Kubernetes makes of the same JSON', () => {
    const bodies: readonly (readonly [FeedObject, FeedView, string])[] = [
      [feedObject(slice()), MERGED, SAMPLE_SLICE],
      [namespaceObject(), MERGED, SAMPLE_NAMESPACE],
      [feedObject(service()), EAST, SAMPLE_SERVICE],
    ];
    for (const [object, view, hex] of bodies) {
      assert.equal(protobuf(object, view).object(object).toString('hex'), hex);
    }
  });

  it('does not exist for custom resources and tables', () => {
    for (const [resource, form] of [
      ['workloadendpoints', 'object'],
      ['remoteclusters', 'object'],
      ['services', 'table'],
    ] as const) {
      assert.throws(() => encoder(resource, { wire: 'protobuf', form }), /no protobuf/);
    }
  });

  it('holds objects of a megabyte and more, and small ones after them', () => {
    const [endpoint] = slice().endpoints;
    assert.ok(endpoint);
    const small = feedObject(slice());
    const large = feedObject(slice({ endpoints: Array.from({ length: 10_000 }, () => endpoint) }));
    const made = protobuf(small, MERGED);
    const before = made.object(small);
    const { object: decoded } = decodeBody(made.object(large));
    assert.equal((decoded as { endpoints: unknown[] }).endpoints.length, 10_000);
    assert.deepEqual(made.object(small), before);
  });
});

describe('lists', () => {
  for (const meta of [all, page]) {
    for (const objects of [[], three.slice(0, 1), three]) {
      const name = `of ${objects.length} objects ${meta.continue === '' ? 'that are all' : 'with more to come'}`;
      const metadata =
        meta === all
          ? { resourceVersion: '7' }
          : { resourceVersion: '7', continue: 'token', remainingItemCount: 12 };

      it(`${name} are JSON`, () => {
        assert.deepEqual(json(listBody(encoder('services', {}), objects, meta)), {
          kind: 'ServiceList',
          apiVersion: 'v1',
          metadata,
          items: objects.map((object) => plain(objectJson(object, MERGED, '9001'))),
        });
        assert.deepEqual(json(listBody(encoder('services', { form: 'metadata' }), objects, meta)), {
          kind: 'PartialObjectMetadataList',
          apiVersion: 'meta.k8s.io/v1',
          metadata,
          items: objects.map((object) => plain(partialJson(object, MERGED, '9001'))),
        });
      });

      it(`${name} are protobuf`, () => {
        for (const [form, item, apiVersion] of [
          ['object', 'Service', 'v1'],
          ['metadata', 'PartialObjectMetadata', 'meta.k8s.io/v1'],
        ] as const) {
          const made = encoder('services', { wire: 'protobuf', form });
          const decoded = decodeBody(listBody(made, objects, meta));
          assert.deepEqual([decoded.kind, decoded.apiVersion], [`${item}List`, apiVersion]);
          const items = objects.map((object) => asMessage(item, plain(objectJson(object, MERGED, '9001'))));
          assert.deepEqual(withoutEmpty(decoded.object), withoutEmpty({ metadata, items }));
        }
      });

      it(`${name} are tables`, () => {
        const table = json(listBody(encoder('services', { form: 'table' }), objects, meta)) as {
          rows: { cells: string[]; object: { kind: string } }[];
          columnDefinitions: { name: string }[];
        };
        const { rows, columnDefinitions, ...rest } = table;
        assert.deepEqual(rest, { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata });
        assert.deepEqual(
          columnDefinitions.map((column) => column.name),
          ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector'],
        );
        assert.deepEqual(
          rows.map(({ cells }) => cells[0]),
          objects.map((object) => `east.${object.name}`),
        );
        assert.ok(rows.every(({ object }) => object.kind === 'PartialObjectMetadata'));
      });
    }
  }

  it('have in the rows of a table what was asked for', () => {
    const object = feedObject(workload());
    const row = (includeObject: FeedEncoding['includeObject']): unknown => {
      const table = json(encoder('workloadendpoints', { form: 'table', includeObject }).object(object));
      return (table as { rows: { object: unknown }[] }).rows[0]?.object;
    };
    assert.equal(row('None'), null);
    assert.deepEqual(row('Metadata'), plain(partialJson(object, MERGED, '9001')));
    assert.deepEqual(row('Object'), plain(objectJson(object, MERGED, '9001')));
  });
});

describe('single objects', () => {
  for (const object of samples()) {
    it(`of ${object.resource} are the reference, and each a table of one row`, () => {
      const { resource } = object;
      assert.deepEqual(json(encoder(resource, {}).object(object)), plain(objectJson(object, MERGED, '9001')));
      const table = json(encoder(resource, { form: 'table' }).object(object)) as {
        metadata: unknown;
        rows: { cells: unknown[] }[];
      };
      assert.deepEqual(table.metadata, { resourceVersion: '9001' });
      assert.equal(table.rows[0]?.cells.length, FEED_RESOURCES[resource].columns.length);
    });
  }
});

describe('watch events', () => {
  const object = feedObject(slice());

  it('are lines of JSON', () => {
    const made = encoder('endpointslices', {});
    const line = made.event('MODIFIED', object).toString();
    assert.ok(line.endsWith('\n') && line.indexOf('\n') === line.length - 1);
    assert.deepEqual(JSON.parse(line), {
      type: 'MODIFIED',
      object: plain(objectJson(object, MERGED, '9001')),
    });
  });

  it('are lines with a table of one row and its columns', () => {
    const event = json(encoder('endpointslices', { form: 'table' }).event('ADDED', object)) as {
      object: { columnDefinitions: unknown[]; rows: { cells: unknown[] }[] };
    };
    assert.equal(event.object.columnDefinitions.length, 5);
    assert.equal(event.object.rows[0]?.cells[0], 'east.web-abcde');
  });

  it('are frames of protobuf', () => {
    for (const [form, kind] of [
      ['object', 'EndpointSlice'],
      ['metadata', 'PartialObjectMetadata'],
    ] as const) {
      const frame = decodeFrame(protobuf(object, MERGED, form).event('DELETED', object));
      assert.deepEqual([frame.type, frame.kind], ['DELETED', kind]);
      const expected = asMessage(kind, plain(objectJson(object, MERGED, '9001')));
      assert.deepEqual(withoutEmpty(frame.object), withoutEmpty(expected));
    }
  });

  for (const initialEventsEnd of [false, true]) {
    const annotations = initialEventsEnd ? { 'k8s.io/initial-events-end': 'true' } : undefined;
    it(`tell a revision by a bookmark ${initialEventsEnd ? 'that ends the initial events' : ''}`, () => {
      for (const { resource } of samples()) {
        const { kind } = FEED_RESOURCES[resource];
        const apiVersion = apiVersionOf(FEED_RESOURCES[resource]);
        const metadata = plain({ resourceVersion: '77', creationTimestamp: null, annotations });
        assert.deepEqual(json(encoder(resource, {}).bookmark('77', initialEventsEnd)), {
          type: 'BOOKMARK',
          object: { kind, apiVersion, metadata },
        });
        const frame = decodeFrame(
          encoder(resource, { wire: 'protobuf', form: 'metadata' }).bookmark('77', initialEventsEnd),
        );
        assert.equal(frame.type, 'BOOKMARK');
        assert.deepEqual(
          withoutEmpty(frame.object),
          plain({ metadata: { resourceVersion: '77', annotations } }),
        );
      }
      const table = json(encoder('services', { form: 'table' }).bookmark('77', initialEventsEnd));
      assert.deepEqual((table as { object: { rows: unknown[]; metadata: unknown } }).object.metadata, {
        resourceVersion: '77',
      });
    });
  }

  it('tell a failure by a Status', () => {
    const status = {
      code: 410,
      reason: 'Expired',
      message: 'too old resource version: 5 (9)',
      details: {
        kind: 'ListOptions',
        causes: [{ reason: 'R', message: 'm', field: 'f' }],
        retryAfterSeconds: 1,
      },
    };
    const expected = {
      status: 'Failure',
      message: status.message,
      reason: 'Expired',
      details: status.details,
      code: 410,
    };
    assert.deepEqual(json(encoder('services', { form: 'table' }).failure(status)), {
      type: 'ERROR',
      object: { kind: 'Status', apiVersion: 'v1', metadata: {}, ...expected },
    });
    const frame = decodeFrame(encoder('services', { wire: 'protobuf' }).failure(status));
    assert.deepEqual([frame.type, frame.kind, frame.apiVersion], ['ERROR', 'Status', 'v1']);
    assert.deepEqual(withoutEmpty(frame.object), expected);
  });
});
