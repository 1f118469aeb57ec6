import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextPhase, type ResourceEvent, type ResourcePhase } from '../../src/sync/resource-phase.ts';

/** The whole table, written out: a new phase or event does not compile until every cell is filled. */
const expected: Record<ResourcePhase, Record<ResourceEvent, ResourcePhase>> = {
  waiting: {
    list: 'listing',
    answered: 'waiting',
    listed: 'synced',
    absent: 'absent',
    contact: 'waiting',
    ended: 'waiting',
    expired: 'waiting',
    failed: 'failing',
    forbidden: 'forbidden',
  },
  listing: {
    list: 'listing',
    answered: 'listing',
    listed: 'synced',
    absent: 'absent',
    contact: 'listing',
    ended: 'listing',
    expired: 'listing',
    failed: 'failing',
    forbidden: 'forbidden',
  },
  synced: {
    list: 'relisting',
    answered: 'synced',
    listed: 'synced',
    absent: 'absent',
    contact: 'synced',
    ended: 'synced',
    expired: 'relisting',
    failed: 'lost',
    forbidden: 'forbidden',
  },
  relisting: {
    list: 'relisting',
    answered: 'relisting',
    listed: 'synced',
    absent: 'absent',
    contact: 'relisting',
    ended: 'relisting',
    expired: 'relisting',
    failed: 'lost',
    forbidden: 'forbidden',
  },
  absent: {
    list: 'absent',
    answered: 'absent',
    listed: 'synced',
    absent: 'absent',
    contact: 'absent',
    ended: 'absent',
    expired: 'absent',
    failed: 'lost',
    forbidden: 'forbidden',
  },
  failing: {
    list: 'failing',
    answered: 'listing',
    listed: 'synced',
    absent: 'absent',
    contact: 'synced',
    ended: 'failing',
    expired: 'failing',
    failed: 'failing',
    forbidden: 'forbidden',
  },
  lost: {
    list: 'lost',
    answered: 'relisting',
    listed: 'synced',
    absent: 'absent',
    contact: 'synced',
    ended: 'lost',
    expired: 'lost',
    failed: 'lost',
    forbidden: 'forbidden',
  },
  forbidden: {
    list: 'forbidden',
    answered: 'forbidden',
    listed: 'synced',
    absent: 'absent',
    contact: 'synced',
    ended: 'forbidden',
    expired: 'forbidden',
    failed: 'failing',
    forbidden: 'forbidden',
  },
};

describe('resource phase', () => {
  for (const [phase, row] of Object.entries(expected)) {
    for (const [event, next] of Object.entries(row)) {
      it(`${phase} × ${event} → ${next}`, () => {
        assert.equal(nextPhase(phase as ResourcePhase, event as ResourceEvent), next);
      });
    }
  }
});
