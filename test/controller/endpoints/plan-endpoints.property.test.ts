import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { SliceEndpoint } from '../../../src/model/endpoint-slice.ts';
import { showCluster } from '../../../src/model/federation.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { ownedEndpointsFromJson } from '../../../src/controller/endpoints/owned-endpoints-json.ts';
import type { OwnedEndpoints } from '../../../src/controller/endpoints/owned-endpoints.ts';
import { planEndpoints } from '../../../src/controller/endpoints/plan-endpoints.ts';
import type { EndpointsPlan } from '../../../src/controller/endpoints/plan-endpoints.ts';
import { subsetsText } from '../../../src/controller/endpoints/subsets-text.ts';
import type { DesiredPart } from '../../../src/controller/plan/desired-service.ts';
import { check } from '../../model/property.ts';
import { applied, desired, endpoint, object, part, port } from './fixture.ts';

// Few clusters, addresses and ports, so that they meet often.
const clusters = [null, 'east', 'west'] as const;
const ports = [port(80, 'a'), port(81, 'b'), port(8080, 'a'), port(80, 'a', { appProtocol: 'http' })];

const anEndpoint = (cluster: string | null): fc.Arbitrary<SliceEndpoint> =>
  fc
    .record({
      host: fc.integer({ min: 1, max: 7 }),
      ready: fc.constantFrom(true, false, undefined),
      terminating: fc.constantFrom(true, false, undefined),
      named: fc.boolean(),
      node: fc.constantFrom('', 'n1', 'n2'),
    })
    .map(({ host, ready, terminating, named, node }) => {
      const name = `${cluster === null ? '' : `${cluster}/`}p${host}`;
      const targetRef = named ? { kind: 'Pod', namespace: 'shop', name, uid: `u${host % 3}` } : undefined;
      return endpoint(`10.0.0.${host}`, { ready, terminating, targetRef, nodeName: node });
    });

const aPart: fc.Arbitrary<DesiredPart> = fc.constantFrom(...clusters).chain((cluster) =>
  fc
    .record({
      endpoints: fc.array(anEndpoint(cluster), { minLength: 1, maxLength: 6 }),
      ports: fc.subarray(ports),
    })
    .map((given) => part(cluster, given.endpoints, given.ports)),
);
const parts = fc.array(aPart, { maxLength: 5 });
const holding = fc.subarray(clusters.map(showCluster));
const capacity = fc.integer({ min: 1, max: 12 });

function plan(
  wanted: readonly DesiredPart[],
  held: readonly string[],
  actual: JsonObject | undefined,
  most: number,
): EndpointsPlan {
  const of = actual === undefined ? undefined : ownedEndpointsFromJson(actual);
  const options = { family: 'IPv4', anyHeld: held.length > 0, capacity: most } as const;
  return planEndpoints(desired(wanted, held), 'all()', of, options);
}

/** The object after the plan's edit. */
function carriedOut(result: EndpointsPlan, actual: JsonObject | undefined): JsonObject | undefined {
  const [edit] = result.edits;
  return edit === undefined ? actual : applied(edit, actual);
}

function read(actual: JsonObject | undefined): OwnedEndpoints {
  return ownedEndpointsFromJson(actual ?? object());
}

function hosts(actual: JsonObject | undefined, clusterNames: readonly string[]): string[] {
  return read(actual)
    .subsets.flatMap((subset) => [...subset.addresses, ...subset.notReadyAddresses])
    .filter(({ targetRef }) => {
      const name = targetRef?.name ?? '';
      return (
        name !== '' && clusterNames.includes(name.includes('/') ? (name.split('/')[0] ?? '') : '(local)')
      );
    })
    .map(({ ip, targetRef }) => `${ip} ${targetRef?.uid ?? ''}`);
}

describe('plan of Endpoints, any input', () => {
  it('plans nothing once its plan was carried out, whatever was there and is held', () => {
    check(
      fc.property(parts, parts, holding, capacity, (before, after, held, most) => {
        const first = carriedOut(plan(before, [], undefined, most), undefined);
        const second = carriedOut(plan(after, held, first, most), first);
        assert.deepEqual(plan(after, held, second, most).edits, []);
      }),
    );
  });

  it('does not depend on the order of parts and endpoints', () => {
    const shuffled = parts.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc
          .shuffledSubarray(list, { minLength: list.length })
          .chain((order) =>
            fc.tuple(
              ...order.map((each) =>
                fc
                  .shuffledSubarray([...each.endpoints], { minLength: each.endpoints.length })
                  .map((endpoints) => ({ ...each, endpoints })),
              ),
            ),
          ),
      ),
    );
    check(
      fc.property(shuffled, parts, holding, capacity, ([one, other], before, held, most) => {
        const actual = carriedOut(plan(before, [], undefined, most), undefined);
        assert.deepEqual(plan(one, held, actual, most), plan(other, held, actual, most));
      }),
    );
  });

  it('keeps every address of a held cluster, and with nothing held forgets what was there', () => {
    check(
      fc.property(parts, parts, holding, capacity, (before, after, held, most) => {
        const actual = carriedOut(plan(before, [], undefined, 1000), undefined);
        const kept = new Set(
          hosts(carriedOut(plan(after, held, actual, most), actual), clusters.map(showCluster)),
        );
        for (const host of hosts(actual, held)) assert(kept.has(host), host);
        const free = carriedOut(plan(after, [], actual, most), actual);
        const fresh = carriedOut(plan(after, [], undefined, most), undefined);
        assert.equal(subsetsText(read(free).subsets), subsetsText(read(fresh).subsets));
      }),
    );
  });

  it('is within capacity where nothing is held, and never edits a foreign object', () => {
    check(
      fc.property(parts, holding, capacity, (wanted, held, most) => {
        const { subsets } = read(carriedOut(plan(wanted, [], undefined, most), undefined));
        const sizes = subsets.map((subset) => subset.addresses.length + subset.notReadyAddresses.length);
        assert(sizes.reduce((sum, size) => sum + size, 0) <= most);
        assert.deepEqual(plan(wanted, held, object({ annotations: { a: 'b' } }), most).edits, []);
      }),
    );
  });

  it('has each port name once per subset, each address once, and no empty subset', () => {
    check(
      fc.property(parts, holding, capacity, (wanted, held, most) => {
        for (const subset of read(carriedOut(plan(wanted, held, undefined, most), undefined)).subsets) {
          const names = subset.ports.map(({ name }) => name);
          const all = [...subset.addresses, ...subset.notReadyAddresses];
          assert.equal(new Set(names).size, names.length);
          assert.equal(
            new Set(all.map(({ ip, targetRef }) => `${ip} ${targetRef?.uid ?? ''}`)).size,
            all.length,
          );
          assert(all.length > 0);
        }
      }),
    );
  });
});
