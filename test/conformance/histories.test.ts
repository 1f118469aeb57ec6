import { after, before, describe, it } from 'node:test';
import { withServers } from '../rig/suite.ts';
import { etcdRig } from './etcd-rig.ts';
import { checkHistories } from './histories.ts';
import { kubernetesRig } from './kubernetes-rig.ts';
import type { ConformanceRig } from './rig.ts';
import { simulatorRig } from './simulator-rig.ts';

const NAME = 'the index equals a plain model, whatever happens to server and connection';
const NEEDS = ['etcd', 'kube-apiserver', 'kubectl'] as const;

function histories(start: () => Promise<ConformanceRig>, numRuns: number): void {
  let rig: ConformanceRig;
  before(async () => {
    rig = await start();
  });
  after(() => rig.close?.());
  it(NAME, () => checkHistories(rig, numRuns));
}

withServers('histories of an etcd', ['etcd'], (rig) => histories(() => etcdRig(rig), 8));

withServers('histories of a kube-apiserver', NEEDS, (rig) =>
  histories(() => kubernetesRig(rig, { watchList: true }), 5),
);

withServers('histories of a kube-apiserver without WatchList', NEEDS, (rig) =>
  histories(() => kubernetesRig(rig, { watchList: false }), 4),
);

describe('histories of a simulated kube-apiserver', () => histories(() => simulatorRig('kubernetes'), 40));

describe('histories of a simulated etcd', () => histories(() => simulatorRig('etcdv3'), 40));
