import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayBeHashedOf, mergedName, splitMergedName } from '../../../src/feed/objects/merged-name.ts';
import { check } from '../../model/property.ts';
import { anyCluster, anyName } from './fixtures.ts';

describe('mergedName', () => {
  it('puts the cluster in front', () => {
    assert.equal(mergedName('east', 'web'), 'east.web');
    assert.equal(mergedName('east', 'kns.shop'), 'east.kns.shop');
  });

  it('makes a hashed name where the cluster has a dot', () => {
    assert.equal(mergedName('prod.eu', 'web'), 'prod-eu-2740657d7b-web-871a589820');
  });

  it('makes a hashed name of at most 253 characters where the plain one is longer', () => {
    const fits = mergedName('east', 'n'.repeat(248));
    assert.equal(fits.length, 253);
    assert.equal(splitMergedName(fits) === 'hashed', false);
    const cut = mergedName('east', 'n'.repeat(249));
    assert.equal(cut.length, 253);
    assert.equal(splitMergedName(cut), 'hashed');
    assert.equal(mergedName('c'.repeat(253), 'n'.repeat(2048)).length, 253);
  });

  it('is another one for another cluster or name, and its parts can be found again', () => {
    const object = fc.tuple(anyCluster, anyName);
    check(
      fc.property(object, object, ([cluster, name], [otherCluster, otherName]) => {
        const merged = mergedName(cluster, name);
        const isSame = cluster === otherCluster && name === otherName;
        assert.equal(merged === mergedName(otherCluster, otherName), isSame);
        assert.ok(merged.length <= 253);
        const parts = splitMergedName(merged);
        if (parts === 'hashed') assert.ok(mayBeHashedOf(cluster, merged));
        else assert.deepEqual(parts, { cluster, name });
      }),
    );
  });

  it('lets no cluster choose a name that is the hashed name of another one', () => {
    const victim = mergedName('prod.eu', 'web');
    // A cluster owns the names that begin with its own and a dot, and a hashed name has no dot.
    assert.ok(!victim.includes('.'));
    for (const name of [victim, 'eu.web', victim.slice('prod-'.length)]) {
      assert.notEqual(mergedName('prod', name), victim);
      assert.notEqual(mergedName('prod-eu', name), victim);
    }
    // Long names are hashed too: there the hash of the cluster tells them apart.
    assert.ok(!mayBeHashedOf('prod-eu', victim));
    assert.ok(!mergedName('prod-eu', 'x'.repeat(300)).startsWith('prod-eu-2740657d7b'));
  });
});

describe('splitMergedName', () => {
  it('knows what is no merged name', () => {
    for (const name of [
      '',
      'web',
      '.web',
      'east.',
      `east.${'n'.repeat(249)}`,
      'a-0123456789',
      'x-012345678g-y-0123456789',
    ]) {
      assert.equal(splitMergedName(name), undefined, name);
    }
  });
});
