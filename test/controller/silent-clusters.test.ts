import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { OwnedSlice } from '../../src/controller/owned/owned-slice.ts';
import { applyEdits } from '../../src/controller/plan/apply-edits.ts';
import type { DesiredService } from '../../src/controller/plan/desired-service.ts';
import { plan } from '../../src/controller/plan/plan.ts';
import type { Staleness } from '../../src/controller/selection/stale-policy.ts';
import { withSilentClusters } from '../../src/controller/silent-clusters.ts';
import type { SourceCluster } from '../../src/model/federation.ts';
import { propertyOptions } from '../index/fixtures.ts';
import {
  anyActual,
  anyDesired,
  endpoint,
  endpoints,
  http2,
  part,
  served,
  service,
  slice,
} from './plan/fixtures.ts';

const FRESH_WEST = part([endpoint('10.9.0.1')], { cluster: 'west' });
const EAST = slice('web-east-0', endpoints(2));

function heldService(parts: DesiredService['parts'], ...held: readonly SourceCluster[]): DesiredService {
  return service(parts, { isHeld: (cluster) => held.includes(cluster) });
}

function acted(
  desired: DesiredService,
  owned: readonly OwnedSlice[],
  staleness: Readonly<Record<string, Staleness>>,
  keepsReady = false,
): DesiredService {
  return withSilentClusters(desired, owned, {
    staleness: (cluster) => staleness[cluster] ?? 'fresh',
    keepsReady,
  });
}

function writtenAfter(desired: DesiredService, owned: readonly OwnedSlice[]): readonly OwnedSlice[] {
  let actual = owned;
  for (let round = 0; round < 4; round++) {
    actual = applyEdits(actual, plan(desired, actual, { maxEndpointsPerSlice: 100 }));
  }
  return actual;
}

describe('clusters of which only what was written is known', () => {
  it('are left alone while they are not stale', () => {
    const desired = heldService([FRESH_WEST], 'east');
    assert.equal(acted(desired, [EAST], {}), desired);
  });

  it('are withdrawn, or made not ready, where another leaves a ready endpoint', () => {
    const desired = heldService([FRESH_WEST], 'east');
    const withdrawn = writtenAfter(acted(desired, [EAST], { east: 'withdraw' }), [EAST]);
    assert.deepEqual([...served(withdrawn)], ['10.9.0.1 http/TCP 8080']);
    assert.deepEqual([...new Set(withdrawn.map(({ cluster }) => cluster))], ['west']);
    const notReady = writtenAfter(acted(desired, [EAST], { east: 'not-ready' }), [EAST]);
    assert.deepEqual([...served(notReady)], ['10.9.0.1 http/TCP 8080']);
    const east = notReady.find(({ cluster }) => cluster === 'east');
    assert.deepEqual(
      east?.endpoints.map(({ addresses, ready, serving }) => [addresses[0], ready, serving]),
      [
        ['10.0.0.1', false, false],
        ['10.0.0.2', false, false],
      ],
    );
    assert.equal(east?.name, 'web-east-0', 'in the slice where they were');
  });

  it('are kept where nothing else is ready', () => {
    for (const parts of [
      [],
      [part([endpoint('10.9.0.1', { ready: false })], { cluster: 'west' })],
      [part([endpoint('10.9.0.1')], { cluster: 'stale' })],
    ]) {
      const desired = heldService(parts, 'east');
      assert.equal(acted(desired, [EAST], { east: 'withdraw', stale: 'withdraw' }), desired);
    }
  });

  it('do not count for each other', () => {
    const owned = [EAST, slice('web-north-0', endpoints(1, 50), { cluster: 'north' })];
    const desired = heldService([], 'east', 'north');
    assert.equal(acted(desired, owned, { east: 'withdraw', north: 'not-ready' }), desired);
  });

  it('that are not held are the business of the selection', () => {
    const desired = heldService([FRESH_WEST]);
    assert.equal(acted(desired, [EAST], { east: 'not-ready' }), desired);
  });

  it('stay ready where the owner publishes what is not ready, and are withdrawn all the same', () => {
    const desired = heldService([FRESH_WEST], 'east');
    assert.equal(acted(desired, [EAST], { east: 'not-ready' }, true), desired);
    assert.equal(acted(desired, [EAST], { east: 'withdraw' }, true).isHeld('east'), false);
  });

  it('keep their families and ports, each address once, and lose host names', () => {
    const owned = [
      EAST,
      slice('web-east-1', [
        endpoint('10.0.0.2', { addresses: ['10.0.0.2', '10.0.0.4'] }),
        endpoint('10.0.0.3'),
      ]),
      slice('web-east-2', endpoints(1), { ports: [http2] }),
      slice('web-east-3', [endpoint('fd00::1')], { family: 'IPv6' }),
      slice('web-east-4', [endpoint('pod.example')], { family: 'FQDN' }),
    ];
    const { parts } = acted(heldService([FRESH_WEST], 'east'), owned, { east: 'not-ready' });
    assert.deepEqual(
      parts
        .slice(1)
        .map(({ family, ports, endpoints: list }) => [
          family,
          ports[0]?.port,
          list.map(({ addresses }) => addresses[0]).join(' '),
        ]),
      [
        ['IPv4', 8080, '10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4'],
        ['IPv4', 8081, '10.0.0.1'],
        ['IPv6', 8080, 'fd00::1'],
      ],
    );
  });

  it('never leave a service empty that had a ready endpoint, and come to rest', () => {
    const anyStaleness = fc.constantFrom<Staleness>('fresh', 'not-ready', 'withdraw');
    const anyStale = fc.record({ east: anyStaleness, west: anyStaleness });
    fc.assert(
      fc.property(anyDesired, anyActual, anyStale, fc.boolean(), (some, actual, stale, keepsReady) => {
        // What a selection gives: no part of a cluster that is held.
        const desired = { ...some, parts: some.parts.filter(({ cluster }) => !some.isHeld(cluster)) };
        const kept = served(writtenAfter(desired, actual));
        const written = writtenAfter(acted(desired, actual, stale, keepsReady), actual);
        if (kept.size > 0) assert.notEqual(served(written).size, 0, 'emptied by staleness alone');
        for (const pair of served(written)) assert.ok(kept.has(pair), `${pair} is new`);
        const again = plan(acted(desired, written, stale, keepsReady), written, {
          maxEndpointsPerSlice: 100,
        });
        assert.deepEqual(again, []);
      }),
      propertyOptions,
    );
  });
});
