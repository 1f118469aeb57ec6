import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { check } from '../../model/property.ts';
import { decodeRange, encodeRange } from '../../../src/adapters/etcdv3/proto-range.ts';
import { ProtoError } from '../../../src/adapters/etcdv3/proto-reader.ts';
import {
  decodeAuthenticate,
  decodeStatus,
  encodeAuthenticate,
} from '../../../src/adapters/etcdv3/proto-session.ts';
import {
  decodeWatch,
  encodeWatchCreate,
  encodeWatchProgress,
} from '../../../src/adapters/etcdv3/proto-watch.ts';

const require = createRequire(import.meta.url);
// The package etcd3 carries etcd's own definitions.
const definitions = join(dirname(require.resolve('etcd3/package.json')), 'proto', 'rpc.proto');
const root = new protobuf.Root().loadSync(definitions, { keepCase: true });

function oracleEncode(type: string, value: object): Buffer {
  return Buffer.from(root.lookupType(`etcdserverpb.${type}`).encode(value).finish());
}

function oracleDecode(type: string, bytes: Uint8Array): Record<string, unknown> {
  const message = root.lookupType(`etcdserverpb.${type}`);
  return message.toObject(message.decode(bytes), { longs: Number, bytes: Buffer, defaults: true });
}

const revision = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const header = fc.record({ cluster_id: fc.nat(), member_id: revision, revision, raft_term: revision });
const kv = fc.record({
  key: bytes,
  create_revision: revision,
  mod_revision: revision,
  version: revision,
  value: bytes,
  lease: fc.integer(),
});
const event = fc.record({ type: fc.constantFrom(0, 1), kv, prev_kv: kv });

interface OracleKv {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod_revision: number;
}

function plainKv(one: { key: Buffer; value: Buffer; modRevision: number }): object {
  return { key: one.key.toString('hex'), value: one.value.toString('hex'), revision: one.modRevision };
}

function oracleKv(one: OracleKv): object {
  return { key: one.key.toString('hex'), value: one.value.toString('hex'), revision: one.mod_revision };
}

describe('etcdv3: protobuf', () => {
  it('reads range responses as protobufjs writes them', () => {
    check(
      fc.property(
        header,
        fc.array(kv, { maxLength: 5 }),
        fc.boolean(),
        revision,
        (header, kvs, more, count) => {
          const read = decodeRange(oracleEncode('RangeResponse', { header, kvs, more, count }));
          assert.deepEqual(read.kvs.map(plainKv), kvs.map(oracleKv));
          assert.deepEqual(
            [read.header, read.more, read.count],
            [{ clusterId: header.cluster_id.toString(16), revision: header.revision }, more, count],
          );
        },
      ),
    );
  });

  it('reads watch responses as protobufjs writes them', () => {
    const response = fc.record({
      header,
      watch_id: fc.integer({ min: -1 }),
      created: fc.boolean(),
      canceled: fc.boolean(),
      compact_revision: revision,
      cancel_reason: fc.string(),
      fragment: fc.boolean(),
      events: fc.array(event, { maxLength: 5 }),
    });
    // The definitions of etcd3 are older than fragments: the field is added by hand.
    const message = root.lookupType('etcdserverpb.WatchResponse');
    if (message.fields['fragment'] === undefined) message.add(new protobuf.Field('fragment', 7, 'bool'));
    check(
      fc.property(response, (value) => {
        const read = decodeWatch(oracleEncode('WatchResponse', value));
        assert.deepEqual(
          read.events.map(({ op, kv }) => ({ op, ...plainKv(kv) })),
          value.events.map((one) => ({ op: one.type === 1 ? 'delete' : 'put', ...oracleKv(one.kv) })),
        );
        const { created, canceled, compactRevision, cancelReason, fragment } = read;
        assert.deepEqual(
          { created, canceled, compact_revision: compactRevision, cancel_reason: cancelReason, fragment },
          {
            created: value.created,
            canceled: value.canceled,
            compact_revision: value.compact_revision,
            cancel_reason: value.cancel_reason,
            fragment: value.fragment,
          },
        );
      }),
    );
  });

  it('writes range requests that protobufjs reads', () => {
    check(
      fc.property(
        fc.tuple(bytes, bytes),
        revision,
        revision,
        fc.boolean(),
        ([key, rangeEnd], limit, at, flag) => {
          const written = encodeRange({
            key,
            rangeEnd,
            limit,
            revision: at,
            countOnly: flag,
          });
          const read = oracleDecode('RangeRequest', written);
          assert.deepEqual(
            [
              read['key'],
              read['range_end'],
              read['limit'],
              read['revision'],
              read['keys_only'],
              read['count_only'],
              read['serializable'],
            ],
            [key, rangeEnd, limit, at, false, flag, false],
          );
        },
      ),
    );
  });

  it('writes watch and authenticate requests that protobufjs reads', () => {
    const create = oracleDecode(
      'WatchRequest',
      encodeWatchCreate({ key: Buffer.from('a'), rangeEnd: Buffer.from('b'), startRevision: 5_000_000_000 }),
    )['create_request'] as Record<string, unknown>;
    assert.deepEqual(
      [create['key'], create['range_end'], create['start_revision']],
      [Buffer.from('a'), Buffer.from('b'), 5_000_000_000],
    );
    assert.deepEqual([create['progress_notify'], create['prev_kv']], [true, false]);
    assert.equal(encodeWatchProgress().toString('hex'), '1a00');
    const login = oracleDecode('AuthenticateRequest', encodeAuthenticate('ä', 'p'));
    assert.deepEqual([login['name'], login['password']], ['ä', 'p']);
    assert.equal(decodeAuthenticate(oracleEncode('AuthenticateResponse', { token: 'x.1' })), 'x.1');
    assert.equal(
      decodeStatus(oracleEncode('StatusResponse', { version: '3.6.1', dbSize: 7 })).version,
      '3.6.1',
    );
  });

  it('reads a cluster id of 64 bits and negative numbers', () => {
    const tooShort = Buffer.from('0a0f08f4ffffffffffffffff011807', 'hex');
    assert.throws(() => decodeRange(tooShort), ProtoError);
    const good = Buffer.from('0a0d08f4ffffffffffffffff011807', 'hex');
    assert.deepEqual(decodeRange(good).header, { clusterId: 'fffffffffffffff4', revision: 7 });
    // watch_id -1 of a watch that was refused.
    assert.equal(decodeWatch(Buffer.from('10ffffffffffffffffff012001', 'hex')).canceled, true);
  });

  it('any bytes are read or refused with ProtoError', () => {
    const whole = oracleEncode('RangeResponse', {
      header: { revision: 5 },
      kvs: [{ key: Buffer.from('k'), value: Buffer.from('v') }],
    });
    for (let cut = 1; cut < whole.length; cut++) {
      try {
        decodeRange(whole.subarray(0, cut));
      } catch (error) {
        assert.ok(error instanceof ProtoError, String(error));
      }
    }
    check(
      fc.property(bytes, (random) => {
        for (const decode of [decodeRange, decodeWatch, decodeStatus, decodeAuthenticate]) {
          try {
            decode(random);
          } catch (error) {
            assert.ok(error instanceof ProtoError, String(error));
          }
        }
      }),
    );
  });
});
