import { withServers } from '../rig/suite.ts';
import { kubernetesRig } from './kubernetes-rig.ts';
import { conformance } from './suite.ts';

const NEEDS = ['etcd', 'kube-apiserver', 'kubectl'] as const;
const ALL = ['break', 'link', 'expire', 'restart', 'openForbidden'] as const;

withServers('conformance: kube-apiserver with WatchList', NEEDS, (rig) =>
  conformance(() => kubernetesRig(rig, { watchList: true }), ALL),
);

withServers('conformance: kube-apiserver without WatchList', NEEDS, (rig) =>
  conformance(() => kubernetesRig(rig, { watchList: false }), ALL),
);
