import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Found, Lister } from '../../src/contract/lister.ts';
import { cidrsOverlap } from '../../src/model/cidr-overlap.ts';
import type { IPPool } from '../../src/model/objects.ts';
import { findPoolOverlaps } from '../../src/sync/pool-overlap.ts';
import { pool } from '../support/fake-datastore.ts';

type Pools = Readonly<Record<string, readonly IPPool[]>>;

function listerOf(pools: Pools): Pick<Lister, 'clusters' | 'list'> {
  return {
    clusters: () => Object.keys(pools),
    list: (_kind, cluster = '') =>
      (pools[cluster] ?? []).map((entry): Found => ({ cluster, entry, since: 0, revision: 0 })),
  };
}

function named(pools: Pools): readonly string[] {
  return findPoolOverlaps(listerOf(pools)).map(
    (o) => `${o.cluster}/${o.pool} ${o.cidr} ${o.otherCluster}/${o.otherPool} ${o.otherCidr}`,
  );
}

describe('pool overlaps', () => {
  it('finds equal and nested ranges of different clusters, in both families', () => {
    const pools = {
      a: [pool('p', '10.0.0.0/8', 1), pool('six', 'fd00::/16', 1)],
      b: [pool('q', '10.1.0.0/16', 1), pool('r', '10.1.2.0/24', 1), pool('s', '11.0.0.0/8', 1)],
      c: [pool('t', '10.1.0.0/16', 1), pool('six', 'fd00:1::/32', 1), pool('bad', 'junk', 1)],
    };
    assert.deepEqual(named(pools).toSorted(), [
      'a/p 10.0.0.0/8 b/q 10.1.0.0/16',
      'a/p 10.0.0.0/8 b/r 10.1.2.0/24',
      'a/p 10.0.0.0/8 c/t 10.1.0.0/16',
      'a/six fd00::/16 c/six fd00:1::/32',
      'b/q 10.1.0.0/16 c/t 10.1.0.0/16',
      'b/r 10.1.2.0/24 c/t 10.1.0.0/16',
    ]);
  });

  it('passes over disabled pools and pools of one cluster', () => {
    const disabled = { ...pool('off', '10.0.0.0/8', 1), disabled: true };
    assert.deepEqual(
      named({ a: [disabled, pool('p', '10.1.0.0/16', 1), pool('q', '10.1.0.0/16', 1)], b: [disabled] }),
      [],
    );
  });

  it('agrees with comparing every pair', () => {
    const cidr = fc
      .tuple(fc.nat(3), fc.nat(3), fc.constantFrom(8, 14, 15, 16, 22, 24))
      .map(([a, b, length]) => `10.${a}.${b}.0/${length}`);
    const cluster = fc.uniqueArray(cidr, { maxLength: 5 });
    const seed = process.env['PBT_SEED'];
    fc.assert(
      fc.property(fc.array(cluster, { maxLength: 4 }), (clusters) => {
        const pools = Object.fromEntries(
          clusters.map((cidrs, i) => [`c${i}`, cidrs.map((c, n) => pool(`p${n}`, c, 1))]),
        );
        const all = Object.entries(pools).flatMap(([name, of]) => of.map((p) => ({ name, cidr: p.cidr })));
        const related = new Set<string>();
        for (const [i, a] of all.entries())
          for (const b of all.slice(i + 1))
            if (a.name !== b.name && cidrsOverlap(a.cidr, b.cidr)) related.add(`${a.name} ${b.name}`);
        const found = new Set(findPoolOverlaps(listerOf(pools)).map((o) => `${o.cluster} ${o.otherCluster}`));
        assert.deepEqual([...found].sort(), [...related].sort());
      }),
      { numRuns: Number(process.env['PBT_NUM_RUNS'] ?? 200), ...(seed ? { seed: Number(seed) } : {}) },
    );
  });

  it('stays quick where clusters hold thousands of pools', () => {
    const many = (name: string, from: number): IPPool[] =>
      Array.from({ length: 3_000 }, (_, i) =>
        pool(`${name}-${i}`, `${from}.${i >> 8}.${i & 255}.0/${i % 2 ? 24 : 25}`, 1),
      );
    const pools = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, many(`c${i}`, 10 + i)]));
    const startedAt = performance.now();
    assert.deepEqual(named(pools), []);
    assert.ok(performance.now() - startedAt < 2_000, 'comparing every pair would take minutes');
  });
});
