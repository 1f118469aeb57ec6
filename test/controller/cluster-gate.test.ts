import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClusterGate, type ClusterGateOptions } from '../../src/controller/cluster-gate.ts';
import { LOCAL_CLUSTER_TEXT } from '../../src/model/federation.ts';
import type { MergedIndex } from '../../src/index/merged-index.ts';
import { newIndex } from '../index/fixtures.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeFleetStatus } from './control-rig.ts';

function rig(over: Partial<ClusterGateOptions> = {}) {
  const clock = new FakeClock();
  const fleet = new FakeFleetStatus();
  const local: MergedIndex = newIndex().index;
  const remote: MergedIndex = newIndex().index;
  const options = { local, remote, fleet, clock, stalePolicy: 'not-ready', staleTtlMs: 60_000 } as const;
  const gate = new ClusterGate({ ...options, ...over });
  const list = (index: MergedIndex, cluster: string, ...resources: ('services' | 'endpointslices')[]) => {
    const replica = index.open(cluster);
    for (const resource of resources) {
      const store = replica.resource(resource);
      store.begin();
      store.end();
    }
    return replica;
  };
  return { clock, fleet, local, remote, gate, list };
}

describe('a cluster is held', () => {
  it('while its services or its slices were not listed completely', () => {
    const { gate, remote, fleet } = rig();
    fleet.set('east');
    gate.refresh();
    assert.equal(gate.isHeld('east'), true, 'not even open');
    const replica = remote.open('east');
    assert.equal(gate.isHeld('east'), true);
    for (const [resource, held] of [
      ['services', true],
      ['endpointslices', false],
    ] as const) {
      const store = replica.resource(resource);
      store.begin();
      assert.equal(gate.isHeld('east'), true);
      store.end();
      assert.equal(gate.isHeld('east'), held, `after ${resource}`);
    }
  });

  it('not where it turned out to provide none', () => {
    const { gate, remote, fleet } = rig();
    fleet.set('identity-only');
    remote.open('identity-only').retain(['workloadendpoints']);
    gate.refresh();
    assert.equal(gate.isHeld('identity-only'), false);
  });

  it('where nobody knows it, until it is certain that there is none', () => {
    const { gate, fleet } = rig();
    fleet.sourcesComplete = false;
    gate.refresh();
    assert.equal(gate.isHeld('west'), true);
    fleet.sourcesComplete = true;
    assert.equal(gate.isHeld('west'), true, 'what the fleet says holds until the next look');
    gate.refresh();
    assert.equal(gate.isHeld('west'), false);
  });

  it('not when its RCC was deleted, however little was listed', () => {
    const { gate, fleet } = rig();
    fleet.sourcesComplete = false;
    fleet.goneClusters.add('east');
    gate.refresh();
    assert.equal(gate.isHeld('east'), false);
  });

  it('the local one by its own index alone', () => {
    const { gate, local, list } = rig();
    assert.equal(gate.isHeld(null), true);
    list(local, LOCAL_CLUSTER_TEXT, 'services', 'endpointslices');
    assert.equal(gate.isHeld(null), false);
  });

  it('and that it ended is told once to who was told that it was', () => {
    const { gate, local, remote, fleet, list } = rig();
    fleet.set('east');
    fleet.set('west');
    gate.refresh();
    assert.deepEqual(gate.released(), []);
    assert.equal(gate.isHeld('east'), true);
    assert.equal(gate.isHeld(null), true);
    list(remote, 'east', 'services', 'endpointslices');
    list(remote, 'west', 'services', 'endpointslices');
    assert.deepEqual(gate.released(), ['east'], 'nobody asked of west, and the local one is held still');
    list(local, LOCAL_CLUSTER_TEXT, 'services', 'endpointslices');
    assert.deepEqual(gate.released(), [null]);
    assert.deepEqual(gate.released(), []);
  });
});

describe('anything is held', () => {
  it('while a known cluster is, or while a source may name another', () => {
    const { gate, local, remote, fleet, list } = rig();
    fleet.set('east');
    gate.refresh();
    assert.equal(gate.anyHeld(), true, 'the local cluster');
    list(local, LOCAL_CLUSTER_TEXT, 'services', 'endpointslices');
    assert.equal(gate.anyHeld(), true, 'east');
    list(remote, 'east', 'services', 'endpointslices');
    assert.equal(gate.anyHeld(), false);
    fleet.sourcesComplete = false;
    gate.refresh();
    assert.equal(gate.anyHeld(), true, 'an unreadable document may be a cluster');
  });
});

describe('staleness', () => {
  it('counts from the last contact, and acts after --stale-ttl, not at it', async () => {
    const { gate, fleet, clock } = rig();
    const lost = { status: 'NotConnecting', reason: 'Timeout', lastContact: clock.now() } as const;
    fleet.set('east', lost);
    gate.refresh();
    await clock.advance(60_000);
    assert.equal(gate.staleness('east'), 'fresh');
    await clock.advance(1);
    assert.equal(gate.staleness('east'), 'not-ready');
    fleet.set('east', { ...lost, status: 'ResyncInProgress', lastContact: clock.now() });
    gate.refresh();
    assert.equal(gate.staleness('east'), 'fresh', 'it is back');
  });

  it('is nothing of a cluster in sync, however rare its signs of life are', async () => {
    const { gate, fleet, clock } = rig({ staleTtlMs: 1000 });
    fleet.set('east', { lastContact: clock.now() });
    gate.refresh();
    await clock.advance(59_000);
    assert.equal(gate.staleness('east'), 'fresh');
  });

  it('counts from the start for a cluster that was never reached', async () => {
    const { gate, fleet, clock } = rig({ stalePolicy: 'withdraw' });
    fleet.set('east', { status: 'NotConnecting', reason: 'Timeout', lastContact: null });
    gate.refresh();
    await clock.advance(60_000);
    assert.equal(gate.staleness('east'), 'fresh');
    await clock.advance(1);
    assert.equal(gate.staleness('east'), 'withdraw');
  });

  it('is nothing with the policy keep, nor of a cluster that is not configured', async () => {
    const { gate, fleet, clock } = rig({ stalePolicy: 'keep' });
    fleet.set('east', { status: 'NotConnecting', reason: 'Timeout', lastContact: clock.now() });
    gate.refresh();
    await clock.advance(86_400_000);
    assert.equal(gate.staleness('east'), 'fresh');
    const other = rig();
    other.gate.refresh();
    await other.clock.advance(86_400_000);
    assert.equal(other.gate.staleness('nobody'), 'fresh');
  });
});

describe('what people read of it', () => {
  it('says why a cluster is held, with its status where it has one', () => {
    const { gate, fleet, remote, list } = rig();
    fleet.sourcesComplete = false;
    fleet.set('east', { status: 'NotConnecting', reason: 'Timeout' });
    fleet.set('west');
    list(remote, 'west', 'services', 'endpointslices');
    gate.refresh();
    assert.deepEqual(gate.held([null, 'east', 'west', 'lost']), [
      { cluster: '(local)', why: 'its services were not listed completely yet' },
      { cluster: 'east', why: 'its services were not listed completely yet (NotConnecting, Timeout)' },
      {
        cluster: 'lost',
        why: 'no RemoteClusterConfiguration of that name is known, and not every source could be read completely',
      },
    ]);
    assert.deepEqual(gate.notInSync([null, 'east', 'west', 'lost']), [
      { cluster: 'east', status: 'NotConnecting', reason: 'Timeout' },
    ]);
    assert.deepEqual(gate.clusters(), [null, 'west', 'east']);
  });
});
