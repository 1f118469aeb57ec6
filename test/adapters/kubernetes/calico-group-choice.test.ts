import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type GroupChoice,
  type GroupView,
  chooseGroup,
} from '../../../src/adapters/kubernetes/calico-group-choice.ts';

const gone: GroupView = { served: false, ready: undefined };
const unknown: GroupView = { served: undefined, ready: undefined };
const ready: GroupView = { served: true, ready: true };
const locked: GroupView = { served: true, ready: false };
const unset: GroupView = { served: true, ready: undefined };
const onV1: GroupChoice = { group: 'v1', locked: false };
const onLockedV1: GroupChoice = { group: 'v1', locked: true };
const onV3: GroupChoice = { group: 'v3', locked: false };

const rows: readonly (readonly [
  string,
  GroupView,
  GroupView,
  GroupChoice | undefined,
  GroupChoice | 'wait',
])[] = [
  ['only v1', ready, gone, undefined, onV1],
  ['only v3', gone, ready, undefined, onV3],
  ['none', gone, gone, undefined, { group: undefined, locked: false }],
  ['both ready: v1', ready, ready, undefined, onV1],
  ['both ready, though v3 was followed: v1', ready, ready, onV3, onV1],
  ['only v3 ready', locked, ready, onV1, onV3],
  ['only v1 ready', ready, locked, onV3, onV1],
  ['neither ready: stay', locked, locked, onV3, { group: 'v3', locked: true }],
  ['neither ready, nothing followed: v1', locked, unset, undefined, onLockedV1],
  ['locked alone changes nothing', locked, gone, onV1, onLockedV1],
  ['not initialised is not locked', unset, gone, undefined, onV1],
  ['ClusterInformation unreadable in both: v1', unset, unset, undefined, onV1],
  ['a locked group that vanished, the other ready', gone, ready, onLockedV1, onV3],
  ['a locked group that vanished, the other not ready', gone, locked, onLockedV1, 'wait'],
  ['a locked group that vanished, nothing else', gone, gone, onLockedV1, 'wait'],
  ['an unlocked group that vanished', gone, gone, onV1, { group: undefined, locked: false }],
  ['v1 cannot be told', unknown, ready, onV1, 'wait'],
  ['v3 cannot be told: its API server is down', ready, unknown, onV1, onV1],
  ['v3 cannot be told and v1 is gone', gone, unknown, onV3, 'wait'],
];

describe('which of Calico’s API groups is followed', () => {
  for (const [name, v1, v3, previous, expected] of rows) {
    it(name, () => assert.deepEqual(chooseGroup({ v1, v3 }, previous), expected));
  }
});
