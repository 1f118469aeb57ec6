import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { until } from '../rig/deadline.ts';
import { etcdMembers } from '../rig/etcd-members.ts';
import type { Etcd } from '../rig/etcd.ts';
import { withServers } from '../rig/suite.ts';
import { workloadKey, workloadValue } from '../support/calico-objects.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { rccText } from './remote-fixture.ts';
import { Vigil } from './vigil.ts';

withServers('the daemon and one RCC of three etcd members, over IPv6', ['etcd'], (rig) => {
  let members: readonly [Etcd, Etcd, Etcd];
  let daemon: DaemonProcess;

  before(async () => {
    members = await etcdMembers(rig, { host: '[::1]' });
    await write(members[0], 'kept', '10.70.0.1');
    const directory = await rig.directory();
    const etcdEndpoints = members.map(({ endpoint }) => endpoint).join(', ');
    await writeFile(join(directory, 'remote.json'), rccText('remote', { etcdEndpoints }));
    daemon = await DaemonProcess.start(['--rcc-directory', directory, '--request-timeout', '2s']);
    await daemon.untilStatus('remote', 'InSync');
  });
  after(async () => {
    await daemon?.stop();
  });

  /** Writes as soon as the members that are left have a leader. */
  async function write(etcd: Etcd, pod: string, ip: string): Promise<void> {
    const workload = { namespace: 'shop', node: 'node-1', pod, ip };
    await until('a write', async () => (await etcd.put(workloadKey(workload), workloadValue(workload))) > 0);
  }

  const seen = (ip: string): Promise<unknown> =>
    until(ip, async () => (await daemon.explain(ip)).endpoints.length === 1);

  it('loses nothing and lists nothing again when a member dies, whichever', async () => {
    const vigil = new Vigil(daemon, new Map([['10.70.0.1', 'remote']]));
    const told = daemon.lines.length;
    for (const [n, member] of members.slice(0, 2).entries()) {
      await member.kill();
      const ip = `10.70.1.${n}`;
      await write(members[2], `after-${n}`, ip);
      await seen(ip);
      // A moment without a leader is all that may be told of it.
      await daemon.untilStatus('remote', 'InSync');
      await member.restart();
    }
    const lists = daemon.lines.slice(told).filter(({ event }) => event === 'resource.listed');
    assert.deepEqual(lists, []);
    assert.ok(
      !daemon.output.includes('closed by us'),
      'what is told is the reason, not what we did about it',
    );
    await vigil.assertKept();
  });

  it('says what is wrong without a majority, keeps what it has, and recovers', async () => {
    const vigil = new Vigil(daemon, new Map([['10.70.0.1', 'remote']]));
    await Promise.all([members[0].kill(), members[1].kill()]);
    await daemon.untilStatus('remote', 'NotConnecting', 20_000);
    assert.equal((await daemon.cluster('remote'))?.counts.workloadEndpoints, 3);
    await Promise.all([members[0].restart(), members[1].restart()]);
    await write(members[2], 'late', '10.70.2.1');
    await seen('10.70.2.1');
    await daemon.untilStatus('remote', 'InSync', 30_000);
    await vigil.assertKept();
  });
});
