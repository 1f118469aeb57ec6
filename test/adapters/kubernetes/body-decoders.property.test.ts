import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { JsonListDecoder, JsonWatchDecoder } from '../../../src/adapters/kubernetes/wire/json-decoders.ts';
import { ProtoListDecoder } from '../../../src/adapters/kubernetes/wire/proto-list-decoder.ts';
import { ProtoWatchDecoder } from '../../../src/adapters/kubernetes/wire/proto-watch-decoder.ts';
import { type BodyDecoder, WireError } from '../../../src/adapters/kubernetes/wire/wire.ts';
import { encode, listBody, watchFrame } from './kube-proto.ts';

const seed = Number(process.env['PBT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const runs = { seed, numRuns: Number(process.env['PBT_NUM_RUNS'] ?? 150) };
const LIMIT = 300;

interface Item {
  readonly name: string;
  readonly ballast: string;
}

const item: fc.Arbitrary<Item> = fc.record({
  name: fc.stringMatching(/^[a-z]{1,8}$/),
  // Text that looks like JSON structure, escapes included; sometimes over the limit.
  ballast: fc
    .tuple(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'ü', 'a') }),
      fc.boolean(),
    )
    .map(([text, large]) => (large ? text + '"}'.repeat(LIMIT) : text)),
});
const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

/** Pushes the bytes in chunks of these sizes, again and again. */
function feed(decoder: BodyDecoder, bytes: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    // A copy of its own, wiped afterwards: nobody may keep a part of a chunk.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    decoder.push(chunk);
    chunk.fill(0);
    at += size;
  }
  decoder.end();
}

const object = ({ name, ballast }: Item): object => ({ metadata: { name, annotations: { ballast } } });
const protoObject = (from: Item): Buffer => encode('Namespace', object(from));

describe(`bodies are read the same in whatever chunks they come (PBT_SEED=${seed})`, () => {
  it('protobuf list', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), cuts, (items, sizes) => {
        const seen: string[] = [];
        const decoder = new ProtoListDecoder(
          {
            item: (bytes) => seen.push(bytes.toString('hex')),
            unreadable: (ref) => seen.push(`large ${ref.name}`),
            meta: (meta) => assert.deepEqual(meta, { resourceVersion: '7', continue: 'more' }),
          },
          LIMIT,
        );
        feed(decoder, listBody(items.map(protoObject), '7', 'more'), sizes);
        const expected = items.map((one) => {
          const bytes = protoObject(one);
          return bytes.length > LIMIT ? `large ${one.name}` : bytes.toString('hex');
        });
        assert.deepEqual(seen, expected);
      }),
      runs,
    );
  });

  it('protobuf watch', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), cuts, (items, sizes) => {
        const seen: string[] = [];
        // The frame limit is far above the object limit, so that no frame of these is over it.
        const decoder = new ProtoWatchDecoder(
          {
            event: (type, bytes) => seen.push(type + bytes.toString('hex')),
            unreadable: (type, ref) => seen.push(`unreadable ${type} ${ref.name}`),
          },
          LIMIT,
        );
        feed(decoder, Buffer.concat(items.map((one) => watchFrame('ADDED', protoObject(one)))), sizes);
        assert.deepEqual(
          seen,
          items.map((one) => `ADDED${protoObject(one).toString('hex')}`),
        );
      }),
      runs,
    );
  });

  it('JSON list, with items before or after the metadata and any white space', () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 6 }),
        cuts,
        fc.boolean(),
        fc.boolean(),
        (items, sizes, last, wide) => {
          const metadata = { resourceVersion: '7', continue: 'more', remainingItemCount: 3 };
          const list = last
            ? { kind: 'List', items: items.map(object), metadata }
            : { metadata, extra: { items: [{ no: 1 }] }, items: items.map(object) };
          const seen: string[] = [];
          const decoder = new JsonListDecoder(
            {
              item: (one) => seen.push(JSON.stringify(one)),
              unreadable: (ref) => seen.push(`large ${ref.name}`),
              meta: (meta) => seen.push(`${meta.resourceVersion} ${meta.continue}`),
            },
            LIMIT,
          );
          feed(decoder, Buffer.from(JSON.stringify(list, undefined, wide ? 2 : 0)), sizes);
          const expected = items.map((one) => JSON.stringify(object(one)));
          const readable = seen.filter((text) => text.startsWith('{'));
          assert.equal(seen.filter((text) => text === '7 more').length, 1);
          assert.equal(seen.length, items.length + 1);
          assert.ok(readable.every((text) => expected.includes(text)));
          const small = expected.filter((text) => Buffer.byteLength(text) <= LIMIT);
          if (!wide) assert.deepEqual(readable, small);
          const large = seen.filter((text) => text.startsWith('large '));
          assert.ok(large.every((text) => items.some((one) => text === `large ${one.name}`)));
        },
      ),
      runs,
    );
  });

  it('JSON watch', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 6 }), cuts, (items, sizes) => {
        const seen: string[] = [];
        const decoder = new JsonWatchDecoder(
          {
            event: (type, one) => seen.push(`${type} ${(one as { metadata: Item }).metadata.name}`),
            unreadable: (type, ref) => seen.push(`${type} ${ref.name}`),
          },
          LIMIT,
        );
        const lines = items.map((one) => `${JSON.stringify({ type: 'ADDED', object: object(one) })}\n`);
        feed(decoder, Buffer.from(lines.join('')), sizes);
        assert.deepEqual(
          seen,
          items.map((one) => `ADDED ${one.name}`),
        );
      }),
      runs,
    );
  });

  it('garbage is a WireError or nothing, never another error', () => {
    const ignore = { item: () => {}, unreadable: () => {}, meta: () => {}, event: () => {} };
    const makers = [
      () => new ProtoListDecoder(ignore, LIMIT),
      () => new ProtoWatchDecoder(ignore, LIMIT),
      () => new JsonListDecoder(ignore, LIMIT),
      () => new JsonWatchDecoder(ignore, LIMIT),
    ];
    const good = fc.constantFrom(
      listBody([protoObject({ name: 'a', ballast: '' })], '7'),
      watchFrame('ADDED', protoObject({ name: 'a', ballast: '' })),
      Buffer.from('{"metadata":{"resourceVersion":"1"},"items":[{"a":1}]}'),
    );
    const spoilt = fc.tuple(good, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
      const copy = Buffer.from(bytes);
      copy[at % copy.length] = value;
      return copy;
    });
    fc.assert(
      fc.property(
        fc.oneof(
          spoilt,
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        fc.constantFrom(...makers),
        cuts,
        (bytes, make, sizes) => {
          try {
            feed(make(), bytes, sizes);
          } catch (error) {
            assert.ok(error instanceof WireError, String(error));
          }
        },
      ),
      { ...runs, numRuns: runs.numRuns * 4 },
    );
  });
});
