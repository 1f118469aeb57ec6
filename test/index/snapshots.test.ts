import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ListSnapshot } from '../../src/contract/lister.ts';
import type { ClusterReplica } from '../../src/contract/replica.ts';
import { EndpointRows, INTERFACE, RowHolder } from '../../src/index/endpoint-rows.ts';
import type { MergedIndex } from '../../src/index/merged-index.ts';
import type { Delta } from '../../src/model/delta.ts';
import type { Entry } from '../../src/model/objects.ts';
import { keyOf, newIndex, put, service, slice, workload } from './fixtures.ts';
import { sliceEndpoint } from '../model/slice-endpoint.ts';

function pods(count: number, uid = ''): Entry[] {
  return Array.from({ length: count }, (_, i) => workload(`pod-${i}`, { uid }));
}

function deletes(entries: readonly Entry[]): Delta[] {
  return entries.map((entry) => ({ op: 'delete', key: keyOf(entry) }));
}

function uids(snapshot: ListSnapshot): Set<string> {
  return new Set(snapshot.read(0, Number.POSITIVE_INFINITY).map(({ entry }) => entry.uid));
}

function opened(...clusters: string[]): { index: MergedIndex; replicas: ClusterReplica[] } {
  const { index } = newIndex();
  const replicas = clusters.map((cluster) => {
    const replica = index.open(cluster);
    replica.resource('workloadendpoints').apply(put(...pods(600, 'first')));
    return replica;
  });
  return { index, replicas };
}

describe('a snapshot', () => {
  it('stays what it was while its rows are changed, freed and used again', () => {
    const { index, replicas } = opened('east');
    const store = replicas[0]?.resource('workloadendpoints');
    const first = index.snapshot('WorkloadEndpoint');
    store?.apply(put(...pods(600, 'second')));
    const second = index.snapshot('WorkloadEndpoint');
    store?.apply(deletes(pods(600)));
    store?.apply(put(...Array.from({ length: 600 }, (_, i) => workload(`other-${i}`))));
    assert.deepEqual([first.size, second.size], [600, 600]);
    assert.deepEqual([...uids(first)], ['first']);
    first.close();
    assert.deepEqual([...uids(second)], ['second']);
    second.close();
  });

  it('outlives its cluster and another of the same name', async () => {
    const { index, replicas } = opened('west', 'east');
    const snapshot = index.snapshot('WorkloadEndpoint');
    const services = index.snapshot('Service');
    await replicas[0]?.drop();
    const again = index.open('west');
    again.resource('workloadendpoints').apply(put(...pods(600, 'again')));
    again.resource('services').apply(put(service('late')));
    assert.deepEqual([...uids(snapshot)], ['first']);
    assert.deepEqual(
      [0, 599, 600, 1199].map((at) => snapshot.read(at, 1)[0]?.cluster),
      ['east', 'east', 'west', 'west'],
    );
    assert.equal(services.size, 0);
    assert.equal(index.snapshot('Service', 'west').size, 1);
  });

  it('of a cluster that is not there is empty', () => {
    const { index } = opened('east');
    for (const kind of ['WorkloadEndpoint', 'Service'] as const) {
      const snapshot = index.snapshot(kind, 'nowhere');
      assert.equal(snapshot.size, 0);
      assert.deepEqual(snapshot.read(0, 10), []);
    }
  });

  it('gives nothing outside of its bounds', () => {
    const { index } = opened('east');
    const snapshot = index.snapshot('WorkloadEndpoint');
    assert.equal(snapshot.read(590, 100).length, 10);
    assert.deepEqual(snapshot.read(600, 1), []);
    assert.deepEqual(snapshot.read(0, 0), []);
  });

  it('keeps only what it has: neither what came later nor other clusters', () => {
    const { index, replicas } = opened('east', 'west');
    const [east, west] = replicas.map((replica) => replica.resource('workloadendpoints'));
    const before = index.stats().bytes;
    const snapshot = index.snapshot('WorkloadEndpoint', 'east');
    const rows = index.stats().bytes - before;
    assert.ok(rows > 0 && rows < 600 * 16, `${rows} bytes for 600 rows`);
    west?.apply(put(...pods(600, 'second')));
    assert.ok(index.stats().bytes - before < rows * 2, 'of another cluster');

    const later = Array.from({ length: 100 }, (_, i) => workload(`later-${i}`));
    east?.apply(put(...later));
    const all = index.snapshot('WorkloadEndpoint');
    const both = index.stats().bytes;
    east?.apply(deletes(later));
    const kept = index.stats().bytes - both;
    all.close();
    assert.ok(kept > 0);
    assert.ok(index.stats().bytes - before < rows * 2, 'what came after it, for one that came after that');
    snapshot.close();
  });

  it('holds on to nothing once it is closed', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const isHeld = async (entry: WeakRef<object>): Promise<boolean> => {
      await setImmediate();
      collect();
      return entry.deref() !== undefined;
    };
    const { index, replicas } = opened('east');
    replicas[0]?.resource('services').apply(put(service('s')));
    const before = index.stats().bytes;
    for (const kind of ['WorkloadEndpoint', 'Service'] as const) {
      const snapshot = index.snapshot(kind);
      replicas[0]?.resource('workloadendpoints').apply(put(...pods(600, `then ${kind}`)));
      replicas[0]?.resource('services').apply(put(service('s', { type: `then ${kind}` })));
      const entry = new WeakRef(snapshot.read(0, 1)[0]?.entry ?? {});
      assert.equal(await isHeld(entry), true, `${kind}: open`);
      snapshot.close();
      assert.equal(await isHeld(entry), false, `${kind}: closed`);
      assert.equal(snapshot.size, 0);
    }
    const closed = ((): WeakRef<object> => {
      const snapshot = index.snapshot('WorkloadEndpoint');
      snapshot.close();
      return new WeakRef(snapshot);
    })();
    assert.equal(await isHeld(closed), false, 'the snapshot itself');
    assert.ok(Math.abs(index.stats().bytes - before) < 600, 'not a byte per endpoint');
  });
});

describe('what a reporter asks for in the middle of a commit', () => {
  /** `ask` is called after three puts of a batch and before another. */
  function asked(ask: (index: MergedIndex) => void): { index: MergedIndex; told: number[] } {
    const { index } = newIndex({
      maxObjectsPerCluster: 3,
      report: ({ event }) => {
        if (event === 'budget.exceeded') ask(index);
      },
    });
    const told: number[] = [];
    index.onCommit((changes) => told.push(...changes.map(({ revision }) => revision)));
    const last = put(workload('refused'), workload('pod-0', { uid: 'second' }));
    index
      .open('east')
      .resource('workloadendpoints')
      .apply([...put(...pods(3, 'first')), ...last]);
    const revisions = Array.from(index.list('WorkloadEndpoint'), ({ revision }) => revision);
    assert.deepEqual(
      revisions.toSorted((a, b) => a - b),
      told.slice(1),
      'each object has the revision of its change',
    );
    return { index, told };
  }

  it('is a revision of its own', () => {
    let bumped = 0;
    const { told } = asked((index) => {
      bumped = index.bump();
    });
    assert.equal(bumped, 4);
    assert.deepEqual(told, [1, 2, 3, 5]);
  });

  it('is a snapshot of what was recorded so far', () => {
    let snapshot: ListSnapshot | undefined;
    const { told } = asked((index) => {
      snapshot = index.snapshot('WorkloadEndpoint');
    });
    assert.equal(snapshot?.revision, 3);
    assert.deepEqual([...uids(snapshot)], ['first']);
    assert.deepEqual(told, [1, 2, 3, 4]);
  });
});

describe('the revision of an object', () => {
  it('is that of the change that gave it its content, not of a new resource version', () => {
    const { index } = newIndex();
    const replica = index.open('east');
    for (const entry of [workload('a'), service('a'), slice('a', 's')]) {
      const resource = {
        WorkloadEndpoint: 'workloadendpoints',
        Service: 'services',
        EndpointSlice: 'endpointslices',
      };
      const store = replica.resource(resource[entry.kind] as 'services');
      const revision = (): number | undefined => index.get('east', entry.kind, keyOf(entry))?.revision;
      store.apply(put(entry));
      const first = index.revision;
      assert.equal(revision(), first);
      assert.equal(index.bump(), first + 1);
      store.apply(put({ ...entry, resourceVersion: '9' }));
      assert.equal(revision(), first);
      store.apply(put({ ...entry, uid: 'other' }));
      assert.equal(revision(), first + 2);
    }
  });

  it('may be any safe integer, and touches no other column', () => {
    const rows = new EndpointRows();
    const holder = new RowHolder(1);
    const [a, b, c] = [rows.allocate(holder), rows.allocate(holder), rows.allocate(holder)];
    for (const row of [a, b, c]) {
      rows.set(row, 0, 0xdeadbeef);
      rows.set(row, INTERFACE + 1, 0xdeadbeef);
    }
    for (const [row, revision] of [
      [a, 2 ** 32 + 1],
      [b, Number.MAX_SAFE_INTEGER],
      [c, 1],
    ] as const) {
      rows.setChange(row, revision);
    }
    assert.deepEqual(
      [a, b, c].map((row) => rows.change(row)),
      [2 ** 32 + 1, Number.MAX_SAFE_INTEGER, 1],
    );
    for (const row of [a, b, c]) {
      assert.deepEqual([rows.get(row, 0), rows.get(row, INTERFACE + 1)], [0xdeadbeef, 0xdeadbeef]);
    }
  });
});

const ALWAYS = { lastUpTo: () => Number.POSITIVE_INFINITY };

describe('the content before a change', () => {
  it('is told as far back as the listener wishes, of a deletion always', () => {
    const { index } = newIndex();
    const store = index.open('east').resource('workloadendpoints');
    let known = 0;
    const heard: unknown[] = [];
    index.onCommit(
      (changes) => heard.push(...changes.map((each) => [each.replaces, each.last?.uid, each.content?.uid])),
      { lastUpTo: () => known },
    );
    const write = (uid: string): void => store.apply(put(workload('a', { uid })));
    write('1');
    write('2');
    known = index.revision;
    write('3');
    write('4');
    store.apply([{ op: 'delete', key: workload('a') }]);
    assert.deepEqual(heard, [
      [undefined, undefined, '1'],
      [1, undefined, '2'],
      [2, '2', '3'],
      [3, undefined, '4'],
      [4, '4', undefined],
    ]);
  });

  it('is made only while a listener asks for it', () => {
    const { index } = newIndex();
    const store = index.open('east').resource('workloadendpoints');
    const heard: (string | undefined)[] = [];
    index.onCommit((changes) => heard.push(...changes.map(({ last }) => last?.uid)));
    const write = (uid: string): void => store.apply(put(workload('a', { uid })));
    write('1');
    write('2');
    const stopOne = index.onCommit(() => undefined, ALWAYS);
    const stopOther = index.onCommit(() => undefined, ALWAYS);
    write('3');
    stopOne();
    stopOne();
    write('4');
    stopOther();
    write('5');
    assert.deepEqual(heard, [undefined, undefined, '2', '3', undefined]);
  });

  it('of a slice has its endpoints, also in a copy and when the slice is gone', async () => {
    const { index } = newIndex();
    const replica = index.open('east');
    const lasts: (Entry | undefined)[] = [];
    index.onCommit((changes) => lasts.push(...changes.map(({ last }) => last)), ALWAYS);
    const endpoint = sliceEndpoint('10.0.0.1', { terminating: false, nodeName: 'node-1' });
    const first = slice('a', 's', { endpoints: [endpoint] });
    const second = slice('a', 's', { endpoints: [endpoint, endpoint] });
    const store = replica.resource('endpointslices');
    store.apply(put(first));
    store.apply(put(second));
    await replica.drop();
    assert.deepEqual(
      lasts.map((last) => last && { ...last }),
      [undefined, first, second],
    );
  });
});
