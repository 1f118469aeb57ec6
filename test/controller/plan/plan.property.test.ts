import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { applyEdits } from '../../../src/controller/plan/apply-edits.ts';
import type { DesiredService } from '../../../src/controller/plan/desired-service.ts';
import type { Edit } from '../../../src/controller/plan/edit.ts';
import { Planner } from '../../../src/controller/plan/planner.ts';
import { setKey } from '../../../src/controller/plan/set-key.ts';
import type { OwnedSlice } from '../../../src/controller/owned/owned-slice.ts';
import type { SliceEndpoint } from '../../../src/model/endpoint-slice.ts';
import { check } from '../../model/property.ts';
import {
  anyActual,
  anyDesired,
  anyParts,
  planned,
  reached,
  served,
  service,
  wantedPairs,
  withoutNumbers,
} from './fixtures.ts';

const anyLimit = fc.integer({ min: 1, max: 5 });
const anyOrder = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });

function shuffled(edits: readonly Edit[], order: readonly number[]): Edit[] {
  const keys = new Map(edits.map((edit, i) => [edit, order[i] ?? 0]));
  return [...edits].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}

function inPhases(edits: readonly Edit[], order: readonly number[]): Edit[] {
  const mixed = shuffled(edits, order);
  return [...mixed.filter(({ phase }) => phase === 1), ...mixed.filter(({ phase }) => phase === 2)];
}

function targetOf(edit: Edit): string {
  return edit.op === 'create' ? edit.content.name : edit.of.name;
}

/**
 * Who is served now and in the end, by exact port; and by port name where the number changes. Not what a part has as not ready:
 * that is told at once, whatever another cluster says of the same address.
 */
function mustBeServed(
  desired: DesiredService,
  actual: readonly OwnedSlice[],
): (now: readonly OwnedSlice[]) => void {
  const after = wantedPairs(desired, actual);
  const parts = desired.parts.map((part) => ({ ...part, endpoints: asReady(part.endpoints) }));
  const slices = actual.map((slice) => ({ ...slice, endpoints: asReady(slice.endpoints) }));
  const doubtful = wantedPairs({ ...desired, parts }, slices);
  const before = [...served(actual)].filter((pair) => !doubtful.has(pair));
  const pairs = before.filter((pair) => after.has(pair));
  const afterNames = withoutNumbers(after);
  const names = [...withoutNumbers(before)].filter((name) => afterNames.has(name));
  return (now) => {
    const seen = served(now);
    const seenNames = withoutNumbers(seen);
    assert.deepEqual(
      [...pairs.filter((pair) => !seen.has(pair)), ...names.filter((name) => !seenNames.has(name))],
      [],
    );
  };
}

/** Those that are not ready, as if they were. */
function asReady(endpoints: readonly SliceEndpoint[]): readonly SliceEndpoint[] {
  return endpoints.flatMap((endpoint) => (endpoint.ready === false ? [{ ...endpoint, ready: true }] : []));
}

function contents(
  slices: readonly OwnedSlice[],
): Map<string, { count: number; endpoints: Map<string, unknown> }> {
  const sets = new Map<string, { count: number; endpoints: Map<string, unknown> }>();
  for (const slice of slices) {
    const set = sets.get(setKey(slice)) ?? { count: 0, endpoints: new Map<string, unknown>() };
    set.count++;
    for (const endpoint of slice.endpoints) {
      const address = endpoint.addresses.join(',');
      assert.ok(!set.endpoints.has(address), `${address} twice`);
      set.endpoints.set(address, endpoint);
    }
    sets.set(setKey(slice), set);
  }
  return sets;
}

describe('plan, for any slices and any desired state', () => {
  it('reaches exactly what is desired, in at most ⌈n/limit⌉+1 slices, and then plans nothing', () => {
    check(
      fc.property(anyDesired, anyActual, anyLimit, (desired, actual, limit) => {
        const result = reached(desired, actual, limit);
        assert.deepEqual(planned(desired, result, limit), []);
        const free = result.filter(({ cluster, deleting }) => !deleting && !desired.isHeld(cluster));
        const sets = contents(free);
        const parts = desired.parts.filter(({ cluster }) => !desired.isHeld(cluster));
        assert.deepEqual([...sets.keys()].sort(), parts.map((part) => setKey(part)).sort());
        for (const part of parts) {
          const set = sets.get(setKey(part));
          assert.deepEqual(
            set?.endpoints,
            new Map(part.endpoints.map((endpoint) => [endpoint.addresses[0], endpoint])),
          );
          assert.ok((set?.count ?? 0) <= Math.ceil(part.endpoints.length / limit) + 1);
        }
        for (const slice of free) {
          assert.ok(slice.endpoints.length > 0 && slice.endpoints.length <= limit);
          assert.equal(slice.ownerUid, desired.uid);
          assert.equal(slice.service, desired.name);
          assert.ok(slice.intact);
        }
      }),
    );
  });

  it('never lets a ready endpoint be missing, whatever the order of the edits', () => {
    check(
      fc.property(anyDesired, anyActual, anyLimit, anyOrder, (desired, actual, limit, order) => {
        const assertServed = mustBeServed(desired, actual);
        let now = actual;
        for (const edit of inPhases(planned(desired, actual, limit), order)) {
          now = applyEdits(now, [edit]);
          assertServed(now);
        }
      }),
    );
  });

  it('gets there, without a gap, when each round stops anywhere in phase 1 or 2 and is planned again', () => {
    check(
      fc.property(anyDesired, anyActual, anyLimit, anyOrder, (desired, actual, limit, order) => {
        const assertServed = mustBeServed(desired, actual);
        let now = actual;
        for (let round = 0; ; round++) {
          const edits = inPhases(planned(desired, now, limit), order);
          if (edits.length === 0) break;
          assert.ok(round < 40, `no end: ${JSON.stringify(edits)}`);
          // At least one edit is accepted each time.
          for (const edit of edits.slice(0, 1 + ((order[round] ?? 0) % edits.length))) {
            now = applyEdits(now, [edit]);
            assertServed(now);
          }
        }
      }),
    );
  });

  it('planned again after phase 1, does what phase 2 would have done', () => {
    check(
      fc.property(anyDesired, anyActual, anyLimit, (desired, actual, limit) => {
        const edits = planned(desired, actual, limit);
        const first = applyEdits(
          actual,
          edits.filter(({ phase }) => phase === 1),
        );
        const again = planned(desired, first, limit);
        const rest = edits.filter(({ phase }) => phase === 2);
        const shapes = (list: readonly Edit[]): unknown[] =>
          list.map((edit) => [targetOf(edit), edit.op, edit.op === 'delete' ? [] : edit.content.endpoints]);
        assert.deepEqual(new Set(shapes(again)), new Set(shapes(rest)));
      }),
    );
  });

  it('withdraws in phase 1 whatever is wanted nowhere', () => {
    check(
      fc.property(anyDesired, anyActual, anyLimit, (desired, actual, limit) => {
        const first = planned(desired, actual, limit).filter(({ phase }) => phase === 1);
        const left = withoutNumbers(served(applyEdits(actual, first)));
        const addresses = (names: Iterable<string>): Set<string> =>
          new Set(Array.from(names, (name) => name.split(' ')[0] ?? ''));
        const wanted = addresses(wantedPairs(desired, actual));
        assert.deepEqual(
          [...addresses(left)].filter((address) => !wanted.has(address)),
          [],
        );
      }),
    );
  });

  it('writes no slice without need, none of a held cluster, and a slice once per phase', () => {
    check(
      fc.property(anyDesired, anyActual, anyLimit, (desired, actual, limit) => {
        const edits = planned(desired, actual, limit);
        assert.equal(new Set(edits.map((edit) => `${edit.phase} ${targetOf(edit)}`)).size, edits.length);
        const names = new Set(actual.map(({ name }) => name));
        for (const edit of edits) {
          if (edit.op === 'create') {
            assert.ok(!names.has(edit.content.name) && edit.phase === 1);
            continue;
          }
          assert.ok(actual.includes(edit.of) && !edit.of.deleting && !desired.isHeld(edit.of.cluster));
          if (edit.op === 'update') {
            const { of, content } = edit;
            const written = applyEdits([of], [edit])[0];
            assert.notDeepEqual(written, of);
            assert.ok(content.endpoints.length <= 1000 && content.endpoints.length > 0);
          }
        }
      }),
    );
  });

  it('is deterministic, whatever the order of the slices given', () => {
    check(
      fc.property(anyDesired, anyActual, anyLimit, (desired, actual, limit) => {
        assert.deepEqual(planned(desired, actual.toReversed(), limit), planned(desired, actual, limit));
      }),
    );
  });
});

describe('plan, for any history', () => {
  const histories = fc.array(fc.tuple(anyParts, anyLimit), { minLength: 1, maxLength: 6 });

  it('the end depends on the last state alone: reversed, halved, doubled and single steps end alike', () => {
    check(
      fc.property(histories, anyParts, anyLimit, (history, last, limit) => {
        const ends = [
          history,
          history.toReversed(),
          history.slice(0, 1),
          history.flatMap((step) => [step, step]),
          [],
        ].map((steps) =>
          [...steps, [last, limit] as const].reduce<readonly OwnedSlice[]>(
            (actual, [parts, max]) => reached(service(parts), actual, max),
            [],
          ),
        );
        const [first, ...others] = ends.map(
          (slices) => new Map(Array.from(contents(slices), ([key, { endpoints }]) => [key, endpoints])),
        );
        for (const other of others) assert.deepEqual(other, first);
      }),
    );
  });

  it('a Planner plans as plan does, whatever it remembers', () => {
    const steps = fc.array(
      fc.record({
        desired: anyDesired,
        limit: fc.integer({ min: 1, max: 2 }),
        again: fc.nat(3),
        strays: anyActual,
        keep: fc.nat(3),
      }),
      { minLength: 1, maxLength: 5 },
    );
    check(
      fc.property(steps, fc.constantFrom(0, 4), (list, from) => {
        const planner = new Planner(from);
        let actual: readonly OwnedSlice[] = [];
        for (const { desired, limit, again, strays, keep } of list) {
          if (keep === 0) actual = strays;
          for (let i = 0; i <= again; i++) {
            // The same part objects meet new slices, and old slices new parts.
            const other = i % 2 === 0 ? desired : { ...desired, parts: desired.parts.slice(1) };
            const edits = planner.plan(other, actual, { maxEndpointsPerSlice: limit });
            assert.deepEqual(edits, planned(other, actual, limit));
            actual = applyEdits(actual, edits);
          }
        }
      }),
    );
  });
});
