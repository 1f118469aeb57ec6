import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SliceEndpoint, SlicePort } from '../../../src/model/endpoint-slice.ts';
import { endpointsToCreate } from '../../../src/controller/endpoints/endpoints-json.ts';
import { planEndpoints } from '../../../src/controller/endpoints/plan-endpoints.ts';
import { desired, endpoint, part, port, remote } from './fixture.ts';

/** Endpoints on these ports. */
type Given = readonly [readonly SliceEndpoint[], readonly SlicePort[]];

/** The subsets that are written for them. */
function written(...parts: readonly Given[]): unknown {
  const service = desired(parts.map(([endpoints, ports], i) => part(`c${i}`, endpoints, ports)));
  const { edits } = planEndpoints(service, 'all()', undefined, { family: 'IPv4', anyHeld: false });
  const [edit] = edits;
  return edit?.op === 'create' ? endpointsToCreate(edit.content)['subsets'] : [];
}

/** An endpoint whose targetRef has nothing but this UID; none = no targetRef. */
function at(address: string, ready: boolean, uid = ''): SliceEndpoint {
  const targetRef = uid === '' ? undefined : { kind: '', namespace: '', name: '', uid };
  return endpoint(address, { ready, targetRef });
}

// Canonical layout of Endpoints: reference "Kubernetes' own canonical Endpoints layout", RepackSubsets in
// pkg/api/v1/endpoints/util.go of Kubernetes. The order of ports and subsets is ours.
describe('layout of subsets', () => {
  const golden: Record<string, { readonly given: readonly Given[]; readonly expect: unknown }> = {
    'ports that the same addresses offer share a subset': {
      given: [[[at('10.0.0.1', true)], [port(81, 'b'), port(80, 'a')]]],
      expect: [
        {
          addresses: [{ ip: '10.0.0.1' }],
          ports: [
            { name: 'a', port: 80, protocol: 'TCP' },
            { name: 'b', port: 81, protocol: 'TCP' },
          ],
        },
      ],
    },
    'ports of several sources with the same addresses share one too': {
      given: [
        [[at('10.0.0.1', true)], [port(80, 'a')]],
        [[at('10.0.0.1', true)], [port(81, 'b')]],
      ],
      expect: [
        {
          addresses: [{ ip: '10.0.0.1' }],
          ports: [
            { name: 'a', port: 80, protocol: 'TCP' },
            { name: 'b', port: 81, protocol: 'TCP' },
          ],
        },
      ],
    },
    'different addresses on one port are one subset': {
      given: [
        [[at('10.0.0.2', true)], [port(80)]],
        [[at('10.0.0.1', true)], [port(80)]],
      ],
      expect: [
        { addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ port: 80, protocol: 'TCP' }] },
      ],
    },
    'different numbers of one port are two subsets': {
      given: [
        [[at('10.0.0.2', true)], [port(8080, 'http')]],
        [[at('10.0.0.1', true)], [port(80, 'http')]],
      ],
      expect: [
        { addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
        { addresses: [{ ip: '10.0.0.2' }], ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] },
      ],
    },
    'not ready wins over ready': {
      given: [
        [[at('10.0.0.1', true)], [port(80)]],
        [[at('10.0.0.1', false)], [port(80)]],
      ],
      expect: [{ notReadyAddresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80, protocol: 'TCP' }] }],
    },
    'an address ready on one port and not on another is in two subsets': {
      given: [
        [[at('10.0.0.1', true)], [port(80, 'a')]],
        [[at('10.0.0.1', false)], [port(81, 'b')]],
      ],
      expect: [
        { addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'a', port: 80, protocol: 'TCP' }] },
        { notReadyAddresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'b', port: 81, protocol: 'TCP' }] },
      ],
    },
    'one IP with two UIDs is two addresses, sorted by IP as text, then UID, none first': {
      given: [
        [[at('10.0.0.2', true, 'b'), at('10.0.0.10', true, 'z')], [port(80)]],
        [[at('10.0.0.2', true), at('10.0.0.2', true, 'a')], [port(80)]],
      ],
      expect: [
        {
          addresses: [
            { ip: '10.0.0.10', targetRef: { uid: 'z' } },
            { ip: '10.0.0.2' },
            { ip: '10.0.0.2', targetRef: { uid: 'a' } },
            { ip: '10.0.0.2', targetRef: { uid: 'b' } },
          ],
          ports: [{ port: 80, protocol: 'TCP' }],
        },
      ],
    },
    'without ports there is a subset without ports': {
      given: [[[at('10.0.0.1', true)], []]],
      expect: [{ addresses: [{ ip: '10.0.0.1' }] }],
    },
    'two numbers of one name on the same addresses: the mirroring controller could not write a slice, the lower stays':
      {
        given: [
          [[at('10.0.0.1', true)], [port(8080, 'http')]],
          [[at('10.0.0.1', true)], [port(8000, 'http')]],
        ],
        expect: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'http', port: 8000, protocol: 'TCP' }] }],
      },
    'what Endpoints cannot hold is left out: a port without number, names the server refuses': {
      given: [
        [
          [endpoint('10.0.0.1', { hostname: 'UPPER', nodeName: 'no de', targetRef: undefined })],
          [port(80, 'a', { appProtocol: 'a b' }), port(undefined, 'b'), port(81, 'c', { protocol: 'ICMP' })],
        ],
      ],
      expect: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'a', port: 80, protocol: 'TCP' }] }],
    },
    'hostname, node and appProtocol are carried': {
      given: [
        [
          [endpoint('10.0.0.1', { hostname: 'db-0', nodeName: 'n1.example', targetRef: undefined })],
          [port(80, 'a', { appProtocol: 'kubernetes.io/h2c' })],
        ],
      ],
      expect: [
        {
          addresses: [{ ip: '10.0.0.1', hostname: 'db-0', nodeName: 'n1.example' }],
          ports: [{ name: 'a', port: 80, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }],
        },
      ],
    },
    'terminating: out unless it is said to be ready (publishNotReadyAddresses), as Kubernetes does': {
      given: [
        [
          [
            endpoint('10.0.0.1', { ready: false, serving: true, terminating: true, targetRef: undefined }),
            endpoint('10.0.0.2', { ready: true, terminating: true, targetRef: undefined }),
            endpoint('10.0.0.3', { ready: undefined, targetRef: undefined }),
          ],
          [port(80)],
        ],
      ],
      expect: [
        { addresses: [{ ip: '10.0.0.2' }, { ip: '10.0.0.3' }], ports: [{ port: 80, protocol: 'TCP' }] },
      ],
    },
  };
  for (const [name, { given, expect }] of Object.entries(golden)) {
    it(name, () => assert.deepEqual(written(...given), expect));
  }

  // Reference 3.2: name and namespace of the service, its annotation, no labels, no owner; local addresses unchanged,
  // remote ones with the cluster before the target's name; numbers from the backing data.
  it('is the documented object', () => {
    const pod = (name: string, uid: string): SliceEndpoint['targetRef'] => ({
      kind: 'Pod',
      namespace: 'shop',
      name,
      uid,
    });
    const service = desired([
      part(
        'east',
        [remote('east', '10.2.0.9', { nodeName: 'east-1', targetRef: pod('east/web-x', 'u2') })],
        [port(9090)],
      ),
      part(null, [endpoint('10.1.0.5', { nodeName: 'n1', targetRef: pod('web-a', 'u1') })], [port(80)]),
    ]);
    const { edits } = planEndpoints(service, 'run == "web"', undefined, { family: 'IPv4', anyHeld: false });
    const [edit] = edits;
    assert.equal(edit?.op, 'create');
    assert.deepEqual(edit.op === 'create' && endpointsToCreate(edit.content), {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        namespace: 'shop',
        name: 'web',
        annotations: { 'federation.tigera.io/serviceSelector': 'run == "web"' },
      },
      subsets: [
        {
          addresses: [
            {
              ip: '10.1.0.5',
              nodeName: 'n1',
              targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-a', uid: 'u1' },
            },
          ],
          ports: [{ port: 80, protocol: 'TCP' }],
        },
        {
          addresses: [
            {
              ip: '10.2.0.9',
              nodeName: 'east-1',
              targetRef: { kind: 'Pod', namespace: 'shop', name: 'east/web-x', uid: 'u2' },
            },
          ],
          ports: [{ port: 9090, protocol: 'TCP' }],
        },
      ],
    });
  });
});
