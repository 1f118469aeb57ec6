import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceCidrs } from '../../src/controller/service-cidrs.ts';
import type { JsonObject } from '../../src/model/json-field.ts';

const range = (name: string, ...cidrs: readonly string[]): JsonObject => ({
  metadata: { name, uid: `uid of ${name}` },
  spec: { cidrs },
});

function rig() {
  const told: string[] = [];
  const cidrs = new ServiceCidrs(
    () => told.push('changed'),
    (message) => told.push(`unknown: ${message}`),
  );
  return { told, cidrs };
}

describe('ServiceCidrs', () => {
  it('are not known before a list, and known as none after an empty one', () => {
    const { cidrs } = rig();
    assert.equal(cidrs.current(), undefined);
    cidrs.listed([]);
    assert.deepEqual(cidrs.current(), []);
  });

  it('are those of all objects, both families, in one form and order', () => {
    const { cidrs, told } = rig();
    cidrs.listed([range('kubernetes', '10.96.0.7/12', 'FD00:0::/108'), range('more', '10.200.0.0/16')]);
    assert.deepEqual(cidrs.current(), ['10.200.0.0/16', '10.96.0.0/12', 'fd00::/108']);
    assert.deepEqual(told, ['changed']);
  });

  it('follow changes, and a new list is all there is', () => {
    const { cidrs, told } = rig();
    cidrs.listed([range('a', '10.1.0.0/16'), range('b', '10.2.0.0/16')]);
    cidrs.changed([
      { op: 'put', object: range('a', '10.3.0.0/16') },
      { op: 'delete', namespace: '', name: 'b', uid: 'uid of b' },
    ]);
    assert.deepEqual(cidrs.current(), ['10.3.0.0/16']);
    cidrs.changed([]);
    assert.equal(told.length, 2, 'that it is followed again changes nothing');
    cidrs.listed([range('c', '10.4.0.0/16')]);
    assert.deepEqual(cidrs.current(), ['10.4.0.0/16']);
  });

  it('leave out what cannot be read, and keep the rest', () => {
    const { cidrs } = rig();
    const bad: readonly JsonObject[] = [
      range('bad', '10.1.0.0/16', 'ten'),
      { metadata: { name: 'list' }, spec: { cidrs: 'text' } },
      {},
    ];
    cidrs.listed([range('good', '10.1.0.0/16'), ...bad]);
    assert.deepEqual(cidrs.current(), ['10.1.0.0/16']);
  });

  it('say once that they cannot be read, and only if they never could', () => {
    const { cidrs, told } = rig();
    cidrs.failed('not served');
    cidrs.failed('not served');
    assert.deepEqual(told, ['unknown: not served']);
    const known = rig();
    known.cidrs.listed([range('a', '10.1.0.0/16')]);
    known.cidrs.failed('the connection was cut');
    assert.deepEqual(known.told, ['changed']);
    assert.deepEqual(known.cidrs.current(), ['10.1.0.0/16'], 'what was told stays true');
  });
});
