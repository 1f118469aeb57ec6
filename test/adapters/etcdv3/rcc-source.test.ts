import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { EtcdRccSource } from '../../../src/adapters/etcdv3/rcc-source.ts';
import type { RccSnapshot } from '../../../src/contract/rcc-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { until } from '../../rig/deadline.ts';
import type { Etcd } from '../../rig/etcd.ts';
import { withServers } from '../../rig/suite.ts';
import { accessOf, clusterInformation, options, ROOT } from './fixture.ts';

const INFORMATION = `${ROOT}clusterinformations/default`;
const rccKey = (name: string): string => `${ROOT}remoteclusterconfigurations/${name}`;

class Followed {
  snapshots: RccSnapshot[] = [];
  readonly #stop = new AbortController();

  constructor(test: TestContext, endpoint: string) {
    const source = new EtcdRccSource({
      access: accessOf([endpoint]),
      timeouts: options,
      clock: { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(30, signal) },
      random: () => 0.5,
      secrets: undefined,
    });
    assert.equal(source.name, 'etcdv3');
    const running = source.run((snapshot) => void this.snapshots.push(snapshot), this.#stop.signal);
    test.after(async () => {
      this.#stop.abort();
      await running;
    });
  }

  get last(): RccSnapshot | undefined {
    return this.snapshots.at(-1);
  }

  get names(): string {
    return (this.last?.documents ?? [])
      .map((one) => one.name)
      .sort()
      .join(' ');
  }

  async shows(names: string, reason?: string): Promise<void> {
    await until(
      `"${names}" with ${reason ?? 'no problem'}`,
      () => this.names === names && this.last?.problem?.reason === reason,
    );
  }

  /** Fails if the names ever differ while `run` is under way and until `settled`. */
  async keeps(names: string, settled: () => boolean): Promise<void> {
    const from = this.snapshots.length;
    await until('it settles', settled);
    for (const snapshot of this.snapshots.slice(from)) {
      assert.equal(
        snapshot.documents
          .map((one) => one.name)
          .sort()
          .join(' '),
        names,
      );
    }
  }
}

async function calico(etcd: Etcd, guid = 'guid-1'): Promise<void> {
  await etcd.put(INFORMATION, clusterInformation(guid));
}

async function putRcc(etcd: Etcd, name: string): Promise<void> {
  await etcd.put(
    rccKey(name),
    JSON.stringify({ metadata: { name }, spec: { datastoreType: 'etcdv3', name } }),
  );
}

withServers('etcdv3: source of RCCs', ['etcd'], (rig) => {
  it('lists and follows; an unreadable document keeps its last state', async (test) => {
    const etcd = await rig.etcd();
    await calico(etcd);
    await putRcc(etcd, 'one');
    await etcd.put(rccKey('bad'), '{');
    await etcd.put(`${rccKey('a')}/b`, 'foreign');
    const source = new Followed(test, etcd.endpoint);
    await source.shows('one');
    assert.deepEqual(source.last?.documents[0], {
      name: 'one',
      spec: { datastoreType: 'etcdv3', name: 'one' },
      origin: `etcdv3 ${rccKey('one')}`,
    });
    assert.deepEqual(source.last?.rejected, [
      { origin: `etcdv3 ${rccKey('bad')}`, problem: 'the value is not a JSON object' },
    ]);
    await putRcc(etcd, 'two');
    await source.shows('one two');
    await etcd.put(rccKey('two'), '[]');
    await until('two is rejected', () => source.last?.rejected.length === 2);
    assert.equal(source.names, 'one two');
    await etcd.delete(rccKey('one'));
    await source.shows('two');
  });

  it('an etcd that cannot be reached is a problem, not a deletion', async (test) => {
    const etcd = await rig.etcd();
    await calico(etcd);
    await putRcc(etcd, 'one');
    await putRcc(etcd, 'two');
    const source = new Followed(test, etcd.endpoint);
    await source.shows('one two');
    await etcd.kill();
    await source.shows('one two', 'ConnectionRefused');
    await etcd.restart();
    await etcd.delete(rccKey('two'));
    await source.shows('one');
  });

  it('an etcd that is down from the start says so', async (test) => {
    const source = new Followed(test, 'http://127.0.0.1:1');
    await source.shows('', 'ConnectionRefused');
  });

  it('deleting all of Calico, or losing the data, takes no RCC away', async (test) => {
    const etcd = await rig.etcd();
    await calico(etcd);
    await putRcc(etcd, 'one');
    await putRcc(etcd, 'two');
    const source = new Followed(test, etcd.endpoint);
    await source.shows('one two');
    await etcd.deletePrefix('/calico/');
    await source.keeps('one two', () => source.last?.problem?.reason === 'SourceMissing');
    await etcd.restart({ empty: true });
    const seen = source.snapshots.length;
    await source.keeps(
      'one two',
      () => source.snapshots.length > seen + 3 && source.last?.problem?.reason === 'SourceMissing',
    );
    // Another Calico there is not ours either; what it adds is taken.
    await putRcc(etcd, 'three');
    await calico(etcd, 'guid-2');
    await source.shows('one three two', 'SourceMissing');
    // The backup is restored: now absence counts again.
    await calico(etcd, 'guid-1');
    await source.shows('three');
  });
});
