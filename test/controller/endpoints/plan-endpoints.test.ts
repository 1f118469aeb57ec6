import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DesiredService } from '../../../src/controller/plan/desired-service.ts';
import type { EndpointsEdit } from '../../../src/controller/endpoints/endpoints-edit.ts';
import { endpointsToPatch } from '../../../src/controller/endpoints/endpoints-json.ts';
import { endpointsFamily, planEndpoints } from '../../../src/controller/endpoints/plan-endpoints.ts';
import type { EndpointsPlan } from '../../../src/controller/endpoints/plan-endpoints.ts';
import { plannedEndpointsEdit } from '../../../src/controller/endpoints/planned-endpoints.ts';
import { ownedEndpointsFromJson } from '../../../src/controller/endpoints/owned-endpoints-json.ts';
import type { OwnedEndpoints } from '../../../src/controller/endpoints/owned-endpoints.ts';
import { applied, desired, endpoint, object, owned, part, port, remote, SELECTOR } from './fixture.ts';

const ports = [{ port: 80, protocol: 'TCP' }];
const at = (ip: string, name?: string): object =>
  name === undefined ? { ip } : { ip, targetRef: { kind: 'Pod', name, namespace: 'shop', uid: `uid-${ip}` } };

function plan(service: DesiredService, actual?: OwnedEndpoints, capacity?: number): EndpointsPlan {
  const anyHeld = ['(local)', 'east', 'west'].some((name) =>
    service.isHeld(name === '(local)' ? null : name),
  );
  return planEndpoints(service, SELECTOR, actual, { family: 'IPv4', anyHeld, ...(capacity && { capacity }) });
}

/** Addresses after the edit, ready ones plain, others with `!`. */
function addresses(edit: EndpointsEdit | undefined): string[] {
  const subsets = edit !== undefined && 'content' in edit ? edit.content.subsets : [];
  return subsets.flatMap((subset) => [
    ...subset.addresses.map(({ ip }) => ip),
    ...subset.notReadyAddresses.map(({ ip }) => `!${ip}`),
  ]);
}

describe('plan of Endpoints', () => {
  it('leaves an object without the annotation alone, whatever is desired, and says so', () => {
    const foreign = owned({ annotations: {}, subsets: [{ addresses: [at('10.9.9.9')], ports }] });
    const federated = planEndpoints(desired([part(null, [endpoint('10.0.0.1')])]), SELECTOR, foreign, {
      family: 'IPv4',
      anyHeld: false,
    });
    const not = planEndpoints(desired([]), undefined, foreign, { family: 'IPv4', anyHeld: false });
    assert.deepEqual([federated.state, federated.edits], ['foreign', []]);
    assert.deepEqual([not.state, not.edits], ['foreign', []]);
  });

  it('leaves what cannot be read, and waits for what is being deleted', () => {
    const broken = ownedEndpointsFromJson({ ...object(), subsets: [{ addresses: [{ ip: 7 }] }] });
    assert.match(broken.problem, /subsets\[0\]\.addresses\[0\]\.ip/);
    const deleting = owned({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const service = desired([part(null, [endpoint('10.0.0.1')])]);
    assert.deepEqual([plan(service, broken).state, plan(service, broken).edits], ['unreadable', []]);
    assert.deepEqual([plan(service, deleting).state, plan(service, deleting).edits], ['deleting', []]);
  });

  it('deletes its object when the service is not federated any more', () => {
    const actual = owned();
    const { edits } = planEndpoints(desired([]), undefined, actual, { family: 'IPv4', anyHeld: true });
    assert.deepEqual(edits, [{ op: 'delete', phase: 1, rank: 'withdraw', of: actual }]);
  });

  it('does not delete what Kubernetes took over because the service got a selector, and takes it back after', () => {
    const labels = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller', app: 'x' };
    const json = object({ labels, subsets: [{ addresses: [at('10.5.5.5', 'p')], ports }] });
    const actual = ownedEndpointsFromJson(json);
    const without = planEndpoints(desired([]), undefined, actual, { family: 'IPv4', anyHeld: false });
    assert.deepEqual([without.state, without.edits], ['foreign', []]);
    const [edit] = plan(desired([part(null, [endpoint('10.0.0.1')])]), actual).edits;
    assert(edit?.op === 'update');
    const after = applied(edit, json)?.['metadata'] as { labels: unknown };
    assert.deepEqual(after.labels, { app: 'x' });
  });

  it('creates nothing where nothing backs the service, but empties what is there', () => {
    assert.deepEqual(plan(desired([])).edits, []);
    const [edit] = plan(desired([]), owned({ subsets: [{ addresses: [at('10.0.0.1', 'p')], ports }] })).edits;
    assert(edit?.op === 'update');
    assert.equal(edit.rank, 'withdraw');
    assert.deepEqual(edit.content.subsets, []);
  });

  it('writes nothing for an equal object in another layout, with fields of others', () => {
    const a = at('10.0.0.1', 'pod-10.0.0.1') as { targetRef: object };
    const withVersion = { ...a, targetRef: { ...a.targetRef, resourceVersion: '12' } };
    const actual = owned({
      labels: { team: 'x' },
      subsets: [
        { addresses: [withVersion], ports: [{ name: 'b', port: 81, protocol: 'TCP' }] },
        { addresses: [a], ports: [{ name: 'a', port: 80, protocol: 'TCP' }] },
      ],
    });
    const service = desired([part(null, [endpoint('10.0.0.1')], [port(80, 'a'), port(81, 'b')])]);
    assert.deepEqual(plan(service, actual).edits, []);
  });

  it('patches with UID and resourceVersion, and names only what is ours', () => {
    const actual = owned({ annotations: { 'federation.tigera.io/serviceSelector': 'old()', 'x/y': 'z' } });
    const [edit] = plan(desired([part(null, [endpoint('10.0.0.1')])]), actual).edits;
    assert(edit?.op === 'update');
    const { metadata } = endpointsToPatch(edit.content, edit.of) as { metadata: Record<string, unknown> };
    assert.equal(metadata['uid'], 'e-1');
    assert.equal(metadata['resourceVersion'], '7');
    assert.deepEqual(Object.keys(metadata['annotations'] as object).sort(), [
      'endpoints.kubernetes.io/over-capacity',
      'federation.tigera.io/serviceSelector',
      'fedsyncd.io/address-origins',
      'fedsyncd.io/skip-mirror',
      'fedsyncd.io/skip-mirror-of',
    ]);
    assert.equal(
      (metadata['labels'] as Record<string, unknown>)['endpointslice.kubernetes.io/skip-mirror'],
      undefined,
    );
  });

  it('gives an object that it had taken over back to the mirroring controller', () => {
    const json = object({
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true', team: 'x' },
      annotations: {
        'federation.tigera.io/serviceSelector': SELECTOR,
        'fedsyncd.io/skip-mirror': 'true',
        'fedsyncd.io/skip-mirror-of': 'abc',
      },
      subsets: [{ addresses: [at('10.0.0.1', 'pod-10.0.0.1')], ports }],
    });
    const [edit] = plan(desired([part(null, [endpoint('10.0.0.1')])]), ownedEndpointsFromJson(json)).edits;
    assert(edit?.op === 'update');
    assert.equal(edit.rank, 'cosmetic');
    const metadata = applied(edit, json)?.['metadata'] as { labels: unknown; annotations: unknown };
    assert.deepEqual(metadata.labels, { team: 'x' });
    assert.deepEqual(metadata.annotations, { 'federation.tigera.io/serviceSelector': SELECTOR });
  });

  it('leaves a skip-mirror label that somebody else set, and says that nothing is served', () => {
    const actual = owned({ labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } });
    const result = plan(desired([part(null, [endpoint('10.0.0.1')])]), actual);
    assert.equal(result.skippedByOthers, true);
    const [edit] = result.edits;
    assert(edit?.op === 'update');
    assert.equal(JSON.stringify(endpointsToPatch(edit.content, edit.of)).includes('skip-mirror":"'), false);
    assert.equal(
      ownedEndpointsFromJson(
        applied(edit, object({ labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } })),
      ).skipsMirror,
      true,
    );
  });

  it('holds one family: the first of the ClusterIPs', () => {
    const service = desired([
      part('east', [remote('east', '10.0.0.1')]),
      part('east', [remote('east', 'fd00::1')], [port(80)], 'IPv6'),
    ]);
    assert.deepEqual(addresses(plan(service).edits[0]), ['10.0.0.1']);
    const six = planEndpoints(service, SELECTOR, undefined, { family: 'IPv6', anyHeld: false });
    assert.deepEqual(addresses(six.edits[0]), ['fd00::1']);
    assert.equal(endpointsFamily(['fd00::5', '10.96.0.5']), 'IPv6');
    assert.equal(endpointsFamily(['10.96.0.5', 'fd00::5']), 'IPv4');
    assert.equal(endpointsFamily(['None'], 'IPv6'), 'IPv6');
  });

  it('ranks by the most urgent thing that happens', () => {
    const actual = owned({
      subsets: [{ addresses: [at('10.0.0.1'), at('10.0.0.2')], notReadyAddresses: [at('10.0.0.3')], ports }],
    });
    const rank = (...all: readonly (readonly [string, boolean])[]): string | undefined =>
      plan(
        desired([
          part(
            null,
            all.map(([ip, ready]) => endpoint(ip, { ready })),
          ),
        ]),
        actual,
      ).edits[0]?.rank;
    const [one, two, three] = [
      ['10.0.0.1', true],
      ['10.0.0.2', true],
      ['10.0.0.3', false],
    ] as const;
    assert.equal(rank(one, ['10.0.0.2', false], ['10.0.0.4', true]), 'withdraw');
    assert.equal(rank(one, ['10.0.0.2', false], three, ['10.0.0.4', true]), 'not-ready');
    assert.equal(rank(one, two, ['10.0.0.3', true]), 'add');
    assert.equal(rank(one, two, three, ['10.0.0.4', true]), 'add');
    assert.equal(rank(one, two, three), 'cosmetic');
  });
});

describe('held clusters in Endpoints', () => {
  const json = object({
    subsets: [
      {
        addresses: [at('10.0.0.1', 'local-pod'), at('10.1.0.1', 'east/a'), at('10.2.0.1', 'west/a')],
        notReadyAddresses: [at('10.1.0.2', 'east/b')],
        ports,
      },
    ],
  });
  const actual = ownedEndpointsFromJson(json);

  it('leaves the addresses of a held remote cluster as they are, and no others', () => {
    const service = desired([part('east', [remote('east', '10.1.0.99')])], ['east']);
    assert.deepEqual(addresses(plan(service, actual).edits[0]), ['10.1.0.1', '!10.1.0.2']);
  });

  it('leaves the local addresses while the local cluster is held: their targets have no cluster in front', () => {
    const service = desired([], ['(local)']);
    assert.deepEqual(addresses(plan(service, actual).edits[0]), ['10.0.0.1']);
  });

  it('writes nothing while all are held', () => {
    assert.deepEqual(plan(desired([], ['(local)', 'east', 'west']), actual).edits, []);
  });

  it('keeps an address of unknown origin while anything is held, unless a complete cluster explains it', () => {
    const unnamed = owned({
      subsets: [{ addresses: [at('192.0.2.1')], notReadyAddresses: [at('192.0.2.2')], ports }],
    });
    const bare = (ip: string): ReturnType<typeof endpoint> => endpoint(ip, { targetRef: undefined });
    const held = desired([part('west', [bare('192.0.2.2')])], ['east']);
    // 192.0.2.2 is west's, and ready there: what the object said of it does not count.
    assert.deepEqual(addresses(plan(held, unnamed).edits[0]), ['192.0.2.1', '192.0.2.2']);
    const free = desired([part('west', [bare('192.0.2.2')])]);
    assert.deepEqual(addresses(plan(free, unnamed).edits[0]), ['192.0.2.2']);
  });

  it('remembers in an annotation whose the addresses without target are, so that only theirs are held', () => {
    const bare = (ip: string): ReturnType<typeof endpoint> => endpoint(ip, { targetRef: undefined });
    const parts = [
      part('west', [bare('192.0.2.1')]),
      part(null, [bare('192.0.2.2')]),
      part('east', [bare('192.0.2.3')]),
    ];
    const [create] = plan(desired(parts)).edits;
    assert(create?.op === 'create');
    assert.equal(
      create.content.origins,
      '{"(local)":["192.0.2.2"],"east":["192.0.2.3"],"west":["192.0.2.1"]}',
    );
    const first = applied(create, undefined);
    const restarted = plan(desired([], ['west']), ownedEndpointsFromJson(first));
    assert.deepEqual(addresses(restarted.edits[0]), ['192.0.2.1']);
    const second = restarted.edits[0] && applied(restarted.edits[0], first);
    assert.deepEqual(plan(desired([], ['west']), ownedEndpointsFromJson(second)).edits, []);
    const changed = plan(desired([]), ownedEndpointsFromJson(second)).edits[0];
    assert.equal(changed && JSON.stringify(applied(changed, second)).includes('address-origins'), false);
  });
});

describe('over capacity', () => {
  const many = (count: number, ready: boolean, from = 0): ReturnType<typeof endpoint>[] =>
    Array.from({ length: count }, (_, i) =>
      endpoint(`10.0.${Math.floor((i + from) / 200)}.${(i + from) % 200}`, { ready }),
    );

  it('takes ready addresses first, says so in the annotation, and stays as it is', () => {
    const service = desired([part(null, [...many(900, true), ...many(300, false, 900)])]);
    const { edits, leftOut } = plan(service);
    assert(edits[0]?.op === 'create');
    const [subset] = edits[0].content.subsets;
    assert.deepEqual([subset?.addresses.length, subset?.notReadyAddresses.length, leftOut], [900, 100, 200]);
    const written = applied(edits[0], undefined);
    assert.equal(ownedEndpointsFromJson(written).overCapacity, 'truncated');
    assert.deepEqual(plan(service, ownedEndpointsFromJson(written)).edits, []);
    const smaller = plan(desired([part(null, many(1000, true))]), ownedEndpointsFromJson(written)).edits[0];
    assert.equal(smaller && JSON.stringify(applied(smaller, written)).includes('over-capacity'), false);
  });

  it('lets subsets give up in proportion, and drops what is not ready first', () => {
    const parts = [
      part('east', many(1500, true), [port(80)]),
      part('west', [...many(500, true, 2000), ...many(50, false, 3000)], [port(81)]),
    ];
    const { edits } = plan(desired(parts));
    assert(edits[0]?.op === 'create');
    assert.deepEqual(
      edits[0].content.subsets.map((subset) => [subset.addresses.length, subset.notReadyAddresses.length]),
      [
        [750, 0],
        [250, 0],
      ],
    );
  });

  it('never gives up what is held', () => {
    const list = Array.from({ length: 4 }, (_, i) => at(`10.200.0.${i}`, `east/p${i}`));
    const actual = owned({ subsets: [{ notReadyAddresses: list, ports }] });
    const service = desired([part(null, many(20, true))], ['east']);
    const { edits, leftOut } = plan(service, actual, 10);
    assert.equal(leftOut, 14);
    const kept = addresses(edits[0]).filter((text) => text.startsWith('!'));
    assert.equal(kept.length, 4);
    assert.equal(addresses(edits[0]).length, 10);
  });
});

describe('an Endpoints edit for people', () => {
  it('lists addresses that enter, leave and change, bounded', () => {
    const actual = owned({
      subsets: [{ addresses: [at('10.0.0.1'), at('10.0.0.2'), at('10.0.0.3')], ports }],
    });
    const [edit] = plan(
      desired([
        part('east', [
          remote('east', '10.0.0.2', { ready: false }),
          remote('east', '10.0.0.4'),
          remote('east', '10.0.0.5'),
        ]),
      ]),
      actual,
    ).edits;
    assert(edit !== undefined);
    const shown = plannedEndpointsEdit(edit, 1);
    assert.deepEqual(shown, {
      kind: 'Endpoints',
      op: 'update',
      namespace: 'shop',
      name: 'web',
      service: 'web',
      cluster: null,
      rank: 'withdraw',
      phase: 1,
      added: ['10.0.0.4 80/TCP ready'],
      removed: ['10.0.0.1 80/TCP ready'],
      changed: ['10.0.0.2 80/TCP ready → 80/TCP not ready'],
      more: 2,
      note: '',
    });
  });
});
