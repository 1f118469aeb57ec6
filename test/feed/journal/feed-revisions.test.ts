import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FeedRevisions } from '../../../src/feed/journal/feed-revisions.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const NOW_SECONDS = 1_700_000_000;

function revisions(random: () => number = () => 0.0421): FeedRevisions {
  return new FeedRevisions(new FakeClock(), random);
}

describe('the resource versions of a process', () => {
  it('are the time of its start, the revision, and three digits of its own', () => {
    const own = revisions();
    const base = NOW_SECONDS * 2 ** 20;
    assert.equal(own.text(own.sequence(0)), `${base}042`);
    assert.equal(own.text(own.sequence(17)), `${base + 17}042`);
    assert.ok(BigInt(own.text(own.sequence(2 ** 40))) < 2n ** 63n);
  });

  it('are read back', () => {
    const own = revisions();
    for (const revision of [0, 1, 2 ** 20, 2 ** 40]) {
      assert.equal(own.parse(own.text(own.sequence(revision))), revision);
    }
  });

  it('are not those of another process', async () => {
    const own = revisions();
    const text = own.text(own.sequence(5));
    assert.equal(revisions(seededRandom(3)).parse(text), 'foreign');
    const clock = new FakeClock();
    await clock.advance(1000);
    assert.equal(new FeedRevisions(clock, () => 0.0421).parse(text), 'foreign', 'from before its start');
    for (const foreign of ['0', '42', '042', `0${text}`, `${text}042`, '9'.repeat(19), '9'.repeat(500)]) {
      assert.equal(own.parse(foreign), 'foreign', foreign);
    }
    for (const malformed of ['', 'x', '-1', '1.5', '1e3', ' 1', '0x10', '１']) {
      assert.equal(own.parse(malformed), 'malformed', malformed);
    }
  });
});
