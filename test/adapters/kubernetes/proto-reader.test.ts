import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteInterner } from '../../../src/adapters/kubernetes/wire/byte-interner.ts';
import { ProtoError, ProtoReader, fields } from '../../../src/adapters/kubernetes/wire/proto-reader.ts';

function readerOf(...bytes: readonly number[]): ProtoReader {
  const reader = new ProtoReader();
  reader.reset(Uint8Array.from(bytes));
  return reader;
}

describe('ProtoReader', () => {
  it('reads varints of every length, negative ones too', () => {
    assert.equal(readerOf(0x00).uint(), 0);
    assert.equal(readerOf(0x7f).uint(), 127);
    assert.equal(readerOf(0xac, 0x02).uint(), 300);
    const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert.equal(readerOf(...minusOne).int(), -1);
    assert.equal(readerOf(...minusOne).int32(), -1);
    assert.equal(readerOf(0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).int(), -5);
    assert.equal(readerOf(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f).uint(), Number.MAX_SAFE_INTEGER);
  });

  it('refuses what is truncated, too long or no field', () => {
    assert.throws(() => readerOf().uint(), ProtoError);
    assert.throws(() => readerOf(0x80).uint(), ProtoError);
    assert.throws(() => readerOf(...Array<number>(10).fill(0x80), 1).uint(), ProtoError);
    assert.throws(() => readerOf(0x05, 1, 2).length(), ProtoError);
    assert.throws(() => readerOf(0x00).tag(), ProtoError, 'field number 0');
    for (const wire of [3, 4, 6, 7]) {
      const reader = readerOf((1 << 3) | wire, 0);
      reader.tag();
      assert.throws(() => reader.skip(), ProtoError, `wire type ${wire}`);
    }
    for (const wire of [1, 5]) {
      const reader = readerOf((1 << 3) | wire, 0, 0, 0);
      reader.tag();
      assert.throws(() => reader.skip(), ProtoError, `fixed of wire type ${wire}`);
    }
  });

  it('does not read behind a nested message', () => {
    // A message of one byte whose field claims two, followed by bytes that are there.
    const reader = readerOf(0x02, 0x0a, 0x02, 0x61, 0x62);
    reader.enter();
    reader.tag();
    assert.throws(() => reader.length(), ProtoError);
    const cut = readerOf(0x01, 0x80, 0x01);
    cut.enter();
    assert.throws(() => cut.uint(), ProtoError);
  });

  it('refuses a known field with another wire type and steps over an unknown one', () => {
    const known = fields(1, 3);
    const wrong = readerOf((3 << 3) | 0, 5);
    wrong.tag();
    assert.throws(() => wrong.skipUnless(known), /field 3 has a wrong wire type/);
    const foreign = readerOf((2 << 3) | 0, 5, ((33 << 3) & 0x7f) | 0x80, 2, 7);
    foreign.tag();
    foreign.skipUnless(known);
    assert.equal(foreign.tag() >>> 3, 33, 'field 33 is not taken for field 1');
    foreign.skipUnless(known);
    assert.equal(foreign.more(), false);
  });
});

describe('ByteInterner', () => {
  it('gives equal text for equal bytes, also after collisions', () => {
    const interner = new ByteInterner(2);
    for (let round = 0; round < 3; round++) {
      for (const text of ['', 'a', 'b', 'app', 'kube-system', 'Übung', '漢字', 'x'.repeat(300)]) {
        const bytes = Buffer.from(`<${text}>`);
        assert.equal(interner.string(bytes, 1, bytes.length - 1), text);
      }
    }
  });

  it('refuses what is not UTF-8', () => {
    const interner = new ByteInterner(2);
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      assert.throws(() => interner.string(Buffer.from(bytes), 0, bytes.length), ProtoError);
    }
  });
});
