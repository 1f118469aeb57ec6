import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DatastoreStatus } from '../../src/contract/cluster-status.ts';
import type { Resource } from '../../src/model/kind.ts';
import { clusterCondition, type ClusterFacts } from '../../src/sync/cluster-condition.ts';
import { datastoreStatus, type ResourceFacts } from '../../src/sync/datastore-status.ts';
import type { ResourcePhase } from '../../src/sync/resource-phase.ts';

function fact(phase: ResourcePhase, resource: Resource = 'workloadendpoints'): ResourceFacts {
  return { resource, phase, reason: 'Timeout', message: 'no answer' };
}

function statusOf(...facts: ResourceFacts[]): string {
  const { status, reason } = datastoreStatus('kubernetes', facts, undefined);
  return `${status}/${reason}`;
}

describe('datastore status', () => {
  const alone: Record<ResourcePhase, string> = {
    waiting: 'Connecting/Starting',
    listing: 'ResyncInProgress/Listing',
    synced: 'InSync/Synced',
    relisting: 'ResyncInProgress/Relisting',
    absent: 'InSync/Synced',
    failing: 'NotConnecting/Timeout',
    lost: 'NotConnecting/Timeout',
    forbidden: 'NotConnecting/Forbidden',
  };
  for (const [phase, expected] of Object.entries(alone)) {
    it(`of one ${phase} resource is ${expected}`, () =>
      assert.equal(statusOf(fact(phase as ResourcePhase)), expected));
  }

  it('is the worst of its resources, whatever their order', () => {
    const order: readonly ResourcePhase[] = [
      'lost',
      'forbidden',
      'waiting',
      'relisting',
      'listing',
      'synced',
    ];
    for (const [i, worse] of order.entries()) {
      for (const better of order.slice(i)) {
        assert.equal(statusOf(fact(worse), fact(better)), alone[worse]);
        assert.equal(statusOf(fact(better), fact(worse)), alone[worse]);
      }
    }
  });

  it('is in sync although pools or ClusterInformation may not be read', () => {
    assert.equal(statusOf(fact('synced'), fact('forbidden', 'ippools')), 'InSync/PartiallyForbidden');
    assert.equal(
      statusOf(fact('synced'), fact('forbidden', 'clusterinformations')),
      'InSync/PartiallyForbidden',
    );
    assert.equal(statusOf(fact('synced'), fact('forbidden', 'services')), 'NotConnecting/Forbidden');
  });

  it('is not connecting while not even the identity could be read', () => {
    const unreachable = { reason: 'DnsFailed', message: 'no such host' } as const;
    assert.deepEqual(datastoreStatus('etcdv3', [fact('synced')], unreachable), {
      type: 'etcdv3',
      status: 'NotConnecting',
      reason: 'DnsFailed',
      message: 'no such host',
    });
  });
});

describe('cluster condition', () => {
  const inSync: DatastoreStatus = { type: 'etcdv3', status: 'InSync', reason: 'Synced', message: 'in sync' };
  const lost: DatastoreStatus = {
    type: 'kubernetes',
    status: 'NotConnecting',
    reason: 'Timeout',
    message: 'x',
  };
  const good: ClusterFacts = {
    configProblem: undefined,
    datastores: [inSync],
    identityOnly: false,
    overBudget: false,
    sourceMissing: undefined,
  };

  it('of two datastores is the worse one, and names it', () => {
    for (const datastores of [
      [inSync, lost],
      [lost, inSync],
    ]) {
      assert.deepEqual(clusterCondition({ ...good, datastores }), {
        status: 'NotConnecting',
        reason: 'Timeout',
        message: 'kubernetes: x',
      });
    }
  });

  it('is a problem of configuration before all else', () => {
    const configProblem = { reason: 'SecretNotFound', message: 'gone' } as const;
    assert.equal(clusterCondition({ ...good, configProblem }).status, 'ConfigIncomplete');
  });

  it('remarks on being in sync, the most urgent first', () => {
    const partial: DatastoreStatus = { ...inSync, reason: 'PartiallyForbidden' };
    const all: ClusterFacts = {
      ...good,
      datastores: [partial],
      identityOnly: true,
      overBudget: true,
      sourceMissing: 'gone',
    };
    assert.equal(clusterCondition(all).reason, 'SourceMissing');
    assert.equal(clusterCondition({ ...all, sourceMissing: undefined }).reason, 'BudgetExceeded');
    assert.equal(
      clusterCondition({ ...all, sourceMissing: undefined, overBudget: false }).reason,
      'PartiallyForbidden',
    );
    assert.equal(clusterCondition({ ...good, identityOnly: true }).reason, 'IdentityOnly');
    assert.equal(clusterCondition(good).reason, 'Synced');
    assert.equal(clusterCondition({ ...good, datastores: [] }).status, 'Connecting');
  });
});
