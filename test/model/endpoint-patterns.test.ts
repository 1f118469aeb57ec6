import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { decodeCalico } from '../../src/model/calico-json.ts';
import { workloadEndpointId } from '../../src/model/calico-workload-endpoint.ts';
import type { Delta } from '../../src/model/delta.ts';
import type { EndpointKey } from '../../src/model/endpoint-pattern.ts';
import { EndpointPatterns } from '../../src/model/endpoint-patterns.ts';
import type { WorkloadEndpoint } from '../../src/model/workload-endpoint.ts';
import { check } from './property.ts';

interface Stored {
  readonly namespace: string;
  readonly name: string;
  readonly json: string;
}

function reference({ namespace, name, json }: Stored): Delta {
  const key = { namespace, name };
  const source = { form: 'etcd', key, revision: '7', where: 'x' } as const;
  return decodeCalico('workloadendpoints', JSON.parse(json), source);
}

function keyOf({ namespace, name }: Stored): EndpointKey {
  const id = workloadEndpointId({ namespace, name });
  assert.ok(id);
  return { id, name, revision: '7' };
}

/** Reads as the decoder does; says whether the pattern was enough. */
function read(patterns: EndpointPatterns, stored: Stored): { fast: boolean; delta: Delta } {
  const value = Buffer.from(stored.json);
  const key = keyOf(stored);
  const entry = patterns.read(key, value);
  if (entry !== undefined) return { fast: true, delta: { op: 'put', entry } };
  const delta = reference(stored);
  if (delta.op === 'put') patterns.learn(key, value, delta.entry as WorkloadEndpoint);
  return { fast: false, delta };
}

function stored(pod: string, change: (json: string) => string = (json) => json): Stored {
  const name = `node--1-k8s-${pod.replaceAll('-', '--')}-eth0`;
  const object = {
    kind: 'WorkloadEndpoint',
    metadata: {
      name,
      namespace: 'prod',
      uid: `11111111-2222-4333-8444-${pod.padStart(12, '0')}`,
      creationTimestamp: '2026-08-22T10:00:00Z',
      labels: { app: 'wéb', 'pcns.x': 'spoof' },
    },
    spec: {
      node: 'node-1',
      pod,
      containerID: 'c0ffee',
      serviceAccountName: 'web',
      ipNetworks: ['10.0.0.1/32', 'fd00::1/128'],
      profiles: ['kns.prod'],
      interfaceName: `cali${pod.length}`,
      ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    },
  };
  return { namespace: 'prod', name, json: change(JSON.stringify(object)) };
}

const replaced =
  (what: string | RegExp, by: string) =>
  (json: string): string => {
    const changed = json.replace(what, by);
    assert.notEqual(changed, json);
    return changed;
  };

describe('patterns of WorkloadEndpoints', () => {
  it('know the second endpoint of a form, and share what the one before of the same owner had', () => {
    const patterns = new EndpointPatterns();
    read(patterns, stored('web-x'));
    const first = read(patterns, stored('web-a'));
    const other = stored('web-bcd', replaced('10.0.0.1/32', '10.77.0.42'));
    const second = read(patterns, other);
    assert.deepEqual([first.fast, second.fast], [true, true]);
    assert.deepEqual(second.delta, reference(other));
    assert.ok(first.delta.op === 'put' && first.delta.entry.kind === 'WorkloadEndpoint');
    assert.ok(second.delta.op === 'put' && second.delta.entry.kind === 'WorkloadEndpoint');
    assert.equal(second.delta.entry.labels, first.delta.entry.labels);
  });

  it('share what two states of an owner had, by turns', () => {
    const patterns = new EndpointPatterns();
    const labels = (app: string): unknown => {
      const { delta } = read(patterns, stored('web-a', replaced('"wéb"', `"${app}"`)));
      return delta.op === 'put' && delta.entry.kind === 'WorkloadEndpoint' && delta.entry.labels;
    };
    labels('x');
    const [x, y] = [labels('x'), labels('y')];
    for (let i = 0; i < 3; i++) {
      assert.equal(labels('x'), x);
      assert.equal(labels('y'), y);
    }
  });

  it('know endpoints of owners that have only one, with labels of their own in any order', () => {
    const patterns = new EndpointPatterns();
    const fast = Array.from({ length: 50 }, (_, i) => {
      const own = i % 2 === 0 ? `{"app":"x","n${i}":"y"}` : `{"\\u0061pp":"${i}","pcns.x":"}"}`;
      const one = stored(`single${i}-a`, replaced(/\{"app":.*?\}/, own));
      const { fast, delta } = read(patterns, one);
      assert.deepEqual(delta, reference(one));
      return fast;
    });
    assert.deepEqual(fast, [false, ...Array.from({ length: 49 }, () => true)]);
  });

  const judged: readonly (readonly [string, (json: string) => string])[] = [
    ['another label', replaced('"wéb"', '"api"')],
    ['another port', replaced('80', '81')],
    ['another name', replaced('eth0"', 'eth1"')],
    ['another namespace', replaced('"namespace":"prod"', '"namespace":"test"')],
    ['an escape', replaced('"cali', '"\\u0063ali')],
    ['not ASCII', replaced('"cali', '"çali')],
    ['a refused address', replaced('10.0.0.1', '127.0.0.1')],
    ['no address', replaced('10.0.0.1', 'ten')],
    ['no time', replaced('2026', 'year')],
    ['no interface', replaced(/"cali\d"/, '""')],
    ['a number for a string', replaced(/"cali\d"/, '7')],
    ['white space', replaced('"spec":', '"spec": ')],
    ['a field twice', replaced('"uid":', '"uid":"x","uid":')],
    ['a section twice', replaced('"kind"', '"metadata":{"uid":"x"},"kind"')],
    ['one more field', replaced('"kind"', '"uid":"x","kind"')],
    ['one address', replaced(',"fd00::1/128"', '')],
  ];
  for (const [what, change] of judged) {
    it(`read ${what} as the reference does, as sample and as another`, () => {
      const patterns = new EndpointPatterns();
      read(patterns, stored('web-a'));
      for (const pod of ['web-bc', 'web-d', 'web-ef']) {
        const one = stored(pod, change);
        assert.deepEqual(read(patterns, one).delta, reference(one));
        const plain = stored(`${pod}x`);
        assert.deepEqual(read(patterns, plain).delta, reference(plain));
      }
    });
  }

  it('are not learnt again and again from values that none will fit', () => {
    const patterns = new EndpointPatterns();
    const fresh = (i: number): Stored => stored(`web-${i}`, replaced('"kind"', `"field${i}":1,"kind"`));
    const learnt = (from: number): number =>
      Array.from({ length: 100 }, (_, i) => {
        read(patterns, fresh(from + i));
        return read(patterns, fresh(from + i)).fast;
      }).filter(Boolean).length;
    assert.ok(learnt(0) <= 16);
    assert.ok(learnt(100) <= 8);
  });

  it('do not keep values of more than 4 KiB', () => {
    const patterns = new EndpointPatterns();
    const long = stored('web-a', replaced('wéb', 'w'.repeat(5000)));
    assert.deepEqual([read(patterns, long).fast, read(patterns, long).fast], [false, false]);
  });

  it('say what the reference says, whatever comes one after the other', () => {
    const text = fc.oneof(
      fc.constantFrom('', 'a', 'uid', '10.0.0.1', 'fe80::1', '2026-01-02T03:04:05Z'),
      fc.string(),
    );
    const any = fc.oneof({ weight: 4, arbitrary: text }, fc.constantFrom(null, 1, true, [], {}, ['a']));
    const metadata = fc.record(
      {
        uid: any,
        creationTimestamp: fc.constantFrom('2026-01-02T03:04:05Z', '', 'x'),
        labels: fc.dictionary(text, any, { maxKeys: 2 }),
        node: any,
      },
      { requiredKeys: [] },
    );
    const spec = fc.record(
      {
        ipNetworks: fc.array(
          fc.oneof(fc.constantFrom('10.0.0.1/32', '10.0.0.2', 'FD00::1', '127.0.0.1'), any),
          { maxLength: 3 },
        ),
        interfaceName: fc.oneof(fc.constantFrom('cali1', 'cali2'), any),
        pod: any,
        serviceAccountName: any,
        profiles: fc.array(text, { maxLength: 2 }),
        uid: any,
      },
      { requiredKeys: ['ipNetworks', 'interfaceName'] },
    );
    const space = fc.constantFrom(undefined, 1);
    const value = fc
      .tuple(metadata, spec, space)
      .map(([m, s, indent]) => JSON.stringify({ metadata: m, spec: s }, null, indent));
    const pod = fc.constantFrom('web-a', 'web-b', 'db-a');
    // Edits of a text meet what no generator of objects makes: fields twice, spans that are nearly right.
    const edit = fc.tuple(
      fc.nat(400),
      fc.nat(6),
      fc.constantFrom('', 'x', '"', ',', '"uid":"x",', '\\"', ' '),
    );
    check(
      fc.property(fc.array(fc.tuple(pod, value, fc.option(edit)), { maxLength: 12 }), (many) => {
        const patterns = new EndpointPatterns();
        for (const [workload, json, change] of many.flatMap((one) => [one, one, alike(one)])) {
          const name = `n-k8s-${workload.replace('-', '--')}-eth0`;
          const edited =
            change === null ? json : json.slice(0, change[0]) + change[2] + json.slice(change[0] + change[1]);
          const one = { namespace: 'prod', name, json: isJson(edited) ? edited : json };
          assert.deepEqual(read(patterns, one).delta, reference(one));
        }
      }),
    );
  });
});

/** The same structure with other texts. */
function alike<T>([workload, json, edit]: readonly [string, string, T]): readonly [string, string, T] {
  return [
    workload,
    json.replace('cali1', 'cali22').replace('10.0.0.1', '10.9.8.7').replace('2026', '2025'),
    edit,
  ];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
