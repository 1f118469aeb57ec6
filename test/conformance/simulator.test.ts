import { describe } from 'node:test';
import { simulatorRig } from './simulator-rig.ts';
import { conformance } from './suite.ts';

describe('conformance: simulated kube-apiserver', () =>
  conformance(() => simulatorRig('kubernetes'), ['link', 'expire', 'restart', 'openForbidden']));

describe('conformance: simulated etcd', () =>
  conformance(() => simulatorRig('etcdv3'), ['link', 'expire', 'restart']));
