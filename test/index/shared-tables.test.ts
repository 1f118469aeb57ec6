import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpointParts } from '../../src/index/endpoint-parts.ts';
import { InternTable } from '../../src/index/intern-table.ts';
import { LabelSet } from '../../src/model/label-set.ts';

describe('InternTable', () => {
  it('gives equal texts one id for as long as they are held, and uses freed ids again', () => {
    const table = new InternTable();
    const a = table.acquire('a text of some length');
    assert.equal(table.acquire('a text of some length'), a);
    const b = table.acquire('b');
    assert.notEqual(a, b);
    assert.equal(table.text(a), 'a text of some length');
    assert.equal(table.release(a), false);
    assert.equal(table.find('a text of some length'), a);
    assert.equal(table.release(a), true);
    assert.equal(table.find('a text of some length'), undefined);
    assert.equal(table.acquire('c'), a);
    assert.equal(table.size, 2);
  });

  it('takes a guess that holds, and finds the text where it does not', () => {
    const table = new InternTable();
    const a = table.acquire('a');
    assert.equal(table.acquireGuessed('a', a), a);
    assert.equal(table.release(a), false);
    const b = table.acquireGuessed('b', a);
    assert.notEqual(b, a);
    assert.equal(table.release(a), true);
    assert.equal(table.acquireGuessed('', a), 0);
    assert.equal(table.text(table.acquireGuessed('c', b)), 'c');
    assert.equal(table.size, 2);
  });

  it('keeps the empty text as id 0 for ever', () => {
    const table = new InternTable();
    assert.equal(table.acquire(''), 0);
    assert.equal(table.release(0), false);
    assert.equal(table.text(0), '');
    assert.equal(table.size, 0);
  });

  it('forgets what is released: size and bytes return to where they were', () => {
    const table = new InternTable();
    const before = table.bytes;
    for (let round = 0; round < 20; round++) {
      const ids = Array.from({ length: 50 }, (_, i) => table.acquire(`text ${round} number ${i}`));
      for (const id of ids) table.release(id);
    }
    assert.equal(table.size, 0);
    assert.ok(table.bytes <= before + 2000, `${before} became ${table.bytes}`);
  });
});

describe('LabelTable', () => {
  it('shares equal sets and frees their texts with the last reference', () => {
    const { labels, strings } = endpointParts(1);
    const first = labels.acquire(LabelSet.fromRecord({ app: 'web', tier: 'front' }));
    assert.equal(labels.acquire(LabelSet.fromRecord({ tier: 'front', app: 'web' })), first);
    assert.deepEqual(labels.set(first).toRecord(), { app: 'web', tier: 'front' });
    assert.equal(strings.size, 4);
    labels.release(first);
    labels.release(first);
    assert.equal(strings.size, 0);
    assert.equal(labels.size, 0);
  });

  it('does not take a set with NUL in its texts for another one', () => {
    const { labels } = endpointParts(1);
    const honest = LabelSet.fromRecord({ a: '1', b: '2' });
    const crafted = LabelSet.fromRecord({ a: ['1', 'b', '2'].join('\0') });
    assert.equal(crafted.canonical, honest.canonical);
    for (const order of [
      [crafted, honest],
      [honest, crafted],
    ]) {
      const ids = order.map((set) => labels.acquire(set));
      for (const [i, set] of order.entries()) {
        assert.deepEqual(labels.set(ids[i] ?? 0).toRecord(), set.toRecord());
        labels.release(ids[i] ?? 0);
      }
    }
    assert.equal(labels.size, 0);
  });
});

describe('StructTable', () => {
  it('shares equal lists of names and of ports, and frees them', () => {
    const { profiles, ports, strings } = endpointParts(1);
    assert.equal(profiles.acquire([]), 0);
    const id = profiles.acquire(['kns.a', 'ksa.a.b']);
    assert.equal(profiles.acquire(['kns.a', 'ksa.a.b']), id);
    assert.notEqual(profiles.acquire(['ksa.a.b', 'kns.a']), id);
    const port = { name: 'http', protocol: 'TCP', port: 80, hostPort: 0, hostIP: '' };
    const web = ports.acquire([port]);
    assert.equal(ports.acquire([{ ...port }]), web);
    assert.notEqual(ports.acquire([{ ...port, port: 81 }]), web);
    assert.deepEqual(ports.value(web), [port]);
    profiles.release(id);
    assert.equal(profiles.release(id), true);
    assert.equal(profiles.size, 1);
    ports.release(web);
    ports.release(web);
    assert.equal(ports.size, 1);
    assert.ok(strings.size > 0);
  });
});
