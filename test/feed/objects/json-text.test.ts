import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonText } from '../../../src/feed/objects/json-text.ts';
import { objectJson } from '../../../src/feed/objects/object-json.ts';
import { quoted } from '../../../src/feed/objects/quoted.ts';
import { check } from '../../model/property.ts';
import { anyObject, feedObject, labels, viewsOf, workload } from './fixtures.ts';

describe('objects as JSON text', () => {
  it('are byte for byte what JSON.stringify makes of the object', () => {
    check(
      fc.property(anyObject, (object) => {
        for (const view of viewsOf(object)) {
          assert.equal(jsonText(object, view, '9001'), JSON.stringify(objectJson(object, view, '9001')));
        }
      }),
    );
  });

  it('are so for WorkloadEndpoints with whatever a remote cluster can send', () => {
    const rare = { namespace: 'a"b', node: 'n\\o', serviceAccount: '\u{1F600}', interfaceName: '' };
    const labelled = labels({ 10: 'ten', 9: 'nine', a: '"', é: '\u2028' });
    for (const endpoint of [
      workload(),
      workload({
        orchestrator: 'cni',
        ports: [],
        profiles: [],
        ipNetworks: [],
        created: 0,
        labels: labels(),
      }),
      workload({ ...rare, labels: labelled, uid: 'no uuid', ipNetworks: ['10.0.0.1/32', 'fd00::1/128'] }),
      workload({
        ports: [{ name: '"', protocol: '132', port: 1, hostPort: 2, hostIP: '::1' }],
        endpoint: '\ud800',
      }),
    ]) {
      const object = feedObject(endpoint);
      for (const view of viewsOf(object)) {
        const expected = JSON.stringify(objectJson(object, view, '1'));
        // Twice: the second time from what the first has kept.
        assert.equal(jsonText(object, view, '1'), expected);
        assert.equal(jsonText(object, view, '1'), expected);
      }
    }
  });

  it('quote texts as JSON does', () => {
    check(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(quoted(text), JSON.stringify(text));
      }),
    );
  });
});
