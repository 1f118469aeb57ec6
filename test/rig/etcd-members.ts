import type { Etcd, EtcdOptions } from './etcd.ts';
import { freePorts } from './server-process.ts';
import type { Rig } from './suite.ts';

/** Three members of one etcd cluster, each with the options given; none is ready before a majority runs. */
export async function etcdMembers(
  rig: Rig,
  options: Omit<EtcdOptions, 'binary' | 'args' | 'place' | 'rootPassword'> = {},
): Promise<readonly [Etcd, Etcd, Etcd]> {
  const peers = (await freePorts(3)).map((port) => `http://127.0.0.1:${port}`);
  const all = peers.map((peer, n) => `member-${n}=${peer}`).join(',');
  const start = (n: number): Promise<Etcd> => {
    const own = peers[n] ?? '';
    // Of a flag that is given twice etcd takes the last.
    const args = [
      `--name=member-${n}`,
      `--listen-peer-urls=${own}`,
      `--initial-advertise-peer-urls=${own}`,
      `--initial-cluster=${all}`,
      '--heartbeat-interval=50',
      '--election-timeout=500',
    ];
    return rig.etcd({ ...options, args });
  };
  return Promise.all([start(0), start(1), start(2)]);
}
