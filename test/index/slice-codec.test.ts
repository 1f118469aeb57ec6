import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { packSliceEndpoints, unpackSliceEndpoints } from '../../src/index/slice-codec.ts';
import { nameText, propertyOptions } from './fixtures.ts';

const condition = fc.constantFrom(undefined, false, true);
const sometimes = fc.oneof(fc.constant(''), fc.constantFrom('node-1', 'zone-a'), nameText);
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.domain(),
  fc.constantFrom('10.0.0.0/24', '10.0.0.1/32', 'fd00::1/128'),
);
const plain = { noNullPrototype: true };
const endpoint = fc.record(
  {
    addresses: fc.array(address, { maxLength: 3 }),
    ready: condition,
    serving: condition,
    terminating: condition,
    hostname: sometimes,
    nodeName: sometimes,
    zone: sometimes,
    targetRef: fc.option(
      fc.record(
        {
          kind: sometimes,
          namespace: sometimes,
          name: sometimes,
          uid: fc.oneof(fc.uuid(), sometimes),
        },
        plain,
      ),
      { nil: undefined },
    ),
  },
  plain,
);

describe('packSliceEndpoints', () => {
  it('gives back every list of endpoints', () => {
    fc.assert(
      fc.property(fc.array(endpoint, { maxLength: 20 }), (endpoints) => {
        const packed = packSliceEndpoints(endpoints);
        assert.deepEqual(unpackSliceEndpoints(packed), endpoints);
        assert.deepEqual(packSliceEndpoints(structuredClone(endpoints)), packed);
      }),
      propertyOptions,
    );
  });

  it('takes less than 70 bytes for an ordinary endpoint', () => {
    const endpoints = Array.from({ length: 100 }, (_, i) => ({
      addresses: [`10.0.0.${i}`],
      ready: true,
      serving: true,
      terminating: false,
      hostname: '',
      nodeName: `ip-10-0-0-${i % 5}.eu-west-1.compute.internal`,
      zone: 'eu-west-1a',
      targetRef: {
        kind: 'Pod',
        namespace: 'shop',
        name: `web-7d9f8c6b5d-${i}x2x4`,
        uid: '5c8f3b1e-0a57-4d3e-9c55-0123456789ab',
      },
    }));
    const bytes = packSliceEndpoints(endpoints).length / 100;
    assert.ok(bytes < 70, `${bytes}`);
  });
});
