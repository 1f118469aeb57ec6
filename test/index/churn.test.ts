import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Delta } from '../../src/model/delta.ts';
import { keyOf, labels, newIndex, workload } from './fixtures.ts';

describe('endless churn', () => {
  it('of a million unique pods leaves the index as large as ten thousand make it', () => {
    const { index } = newIndex();
    const store = index.open('east').resource('workloadendpoints');
    const pod = (i: number) =>
      workload(`job-${(i * 7919).toString(36)}-with-a-long-unique-name-${i}`, {
        node: `node-${i % 50}`,
        ipNetworks: [`10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32`],
        labels: labels({ job: `job-${Math.floor(i / 10)}`, app: 'batch' }),
        uid: i % 3 === 0 ? `no uuid ${i}` : '5c8f3b1e-0a57-4d3e-9c55-0123456789ab',
        resourceVersion: i % 5 === 0 ? `v${i}` : String(i),
      });
    const size = 10_000;
    const batch = 1000;
    let settled = { ...index.stats() };
    for (let from = 0; from < 1_000_000; from += batch) {
      const deltas: Delta[] = [];
      for (let i = from; i < from + batch; i++) {
        deltas.push({ op: 'put', entry: pod(i) });
        if (i >= size) deltas.push({ op: 'delete', key: keyOf(pod(i - size)) });
      }
      store.apply(deltas);
      if (from === 10 * size) settled = index.stats();
    }
    const after = index.stats();
    assert.equal(after.workloadEndpoints, size);
    assert.ok(after.strings <= settled.strings * 1.05, `strings: ${settled.strings}, then ${after.strings}`);
    assert.ok(
      after.templates <= settled.templates * 1.05,
      `templates: ${settled.templates}, then ${after.templates}`,
    );
    assert.ok(after.bytes <= settled.bytes * 1.1, `bytes: ${settled.bytes}, then ${after.bytes}`);
    assert.equal(index.get('east', 'WorkloadEndpoint', keyOf(pod(999_999)))?.entry.uid, pod(999_999).uid);
  });

  it('of clusters gives their memory back', async () => {
    const { index } = newIndex();
    const bytes: number[] = [];
    for (let round = 0; round < 6; round++) {
      const replica = index.open(`cluster-${round}`);
      const pods = Array.from({ length: 150_000 }, (_, i): Delta => ({
        op: 'put',
        entry: workload(`pod-${round}-${i}`),
      }));
      replica.resource('workloadendpoints').apply(pods);
      await replica.drop();
      bytes.push(index.stats().bytes);
    }
    assert.equal(index.stats().strings, 0);
    assert.ok((bytes[5] ?? 0) <= (bytes[0] ?? 0) * 1.05, bytes.join(' '));
  });
});
