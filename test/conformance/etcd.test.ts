import { withServers } from '../rig/suite.ts';
import { etcdRig } from './etcd-rig.ts';
import { conformance } from './suite.ts';

const ALL = ['break', 'link', 'expire', 'restart', 'openForbidden'] as const;

withServers('conformance: etcd', ['etcd'], (rig) => conformance(() => etcdRig(rig), ALL));

withServers('conformance: etcd 3.4', ['etcd-3.4'], (rig) => conformance(() => etcdRig(rig, '3.4'), ALL));
