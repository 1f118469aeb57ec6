import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClusterExpansion } from '../../../src/controller/selection/cluster-expansion.ts';
import { ExpansionCache } from '../../../src/controller/selection/expansion-cache.ts';
import { FederatedService } from '../../../src/controller/selection/federated-service.ts';
import { readFederationSpec } from '../../../src/controller/selection/federation-spec.ts';
import { LeftOut } from '../../../src/controller/selection/left-out.ts';
import { federated } from './fixtures.ts';

/** A service that holds what was made of one cluster with so many endpoints. */
function made(name: string, endpoints: number): FederatedService {
  const spec = readFederationSpec(federated(name, 'all()'));
  assert.ok(spec);
  const service = new FederatedService('shop', name, spec);
  const expansion: ClusterExpansion = { parts: [], endpoints, ready: 0, leftOut: new LeftOut() };
  service.expansions.set('east', expansion);
  return service;
}

describe('what is kept of expansions', () => {
  it('is nothing of small services', () => {
    const small = made('small', 9);
    new ExpansionCache(10, 100).used(small);
    assert.equal(small.expansions.size, 0);
  });

  it('is bounded: the service used longest ago goes first', () => {
    const cache = new ExpansionCache(10, 100);
    const [a, b, c] = [made('a', 40), made('b', 40), made('c', 40)];
    for (const each of [a, b, a, c]) cache.used(each);
    assert.deepEqual([a.expansions.size, b.expansions.size, c.expansions.size], [1, 0, 1]);
  });

  it('is always the last one used, and room that was given back is room again', () => {
    const cache = new ExpansionCache(10, 100);
    const [a, b, c, d] = [made('a', 500), made('b', 50), made('c', 40), made('d', 10)];
    cache.used(a);
    assert.equal(a.expansions.size, 1);
    cache.used(b);
    assert.deepEqual([a.expansions.size, b.expansions.size], [0, 1]);
    cache.forget(b);
    for (const each of [c, d, made('e', 50)]) cache.used(each);
    assert.deepEqual([c.expansions.size, d.expansions.size], [1, 1]);
    cache.clear();
    assert.deepEqual([c.expansions.size, d.expansions.size], [0, 0]);
  });
});
