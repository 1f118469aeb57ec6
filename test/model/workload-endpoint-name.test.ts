import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ConversionError } from '../../src/model/conversion-error.ts';
import { doubleDashes, halveDashes } from '../../src/model/dashes.ts';
import {
  parseWorkloadEndpointName,
  workloadEndpointName,
  WorkloadEndpointNameParser,
} from '../../src/model/workload-endpoint-name.ts';
import type { WorkloadEndpointNameParts } from '../../src/model/workload-endpoint-name.ts';
import { check } from './property.ts';
import { readVectors } from './vectors.ts';

interface Ids {
  readonly node?: string;
  readonly orchestrator?: string;
  readonly pod?: string;
  readonly workload?: string;
  readonly containerID?: string;
  readonly endpoint?: string;
}

interface NameVectors {
  readonly construct: readonly {
    name: string;
    ids: Ids;
    expected: string | null;
    erroredField: string | null;
  }[];
  readonly parse: readonly { name: string; wepName: string; error: boolean; expected: Ids | null }[];
}

/** Which of Calico's identifiers is the third part depends on the orchestrator. */
function thirdPart(ids: Ids): readonly ['pod' | 'containerID' | 'workload', string] {
  if (ids.orchestrator === 'k8s') return ['pod', ids.pod ?? ''];
  if (ids.orchestrator === 'cni') return ['containerID', ids.containerID ?? ''];
  return ['workload', ids.orchestrator === 'libnetwork' ? 'libnetwork' : (ids.workload ?? '')];
}

function partsOf(ids: Ids): WorkloadEndpointNameParts {
  const [, workload] = thirdPart(ids);
  return {
    node: ids.node ?? '',
    orchestrator: ids.orchestrator ?? '',
    workload,
    endpoint: ids.endpoint ?? '',
  };
}

const vectors = readVectors('workloadendpoint-names.json') as NameVectors | undefined;

if (vectors !== undefined) {
  describe("WorkloadEndpoint names, Calico's vectors", () => {
    for (const { name, ids, expected, erroredField } of vectors.construct) {
      it(`construct: ${name}`, () => {
        const parts = partsOf(ids);
        if (expected !== null) {
          assert.equal(workloadEndpointName(parts), expected);
          assert.deepEqual(parseWorkloadEndpointName(expected), parts);
          return;
        }
        assert.throws(
          () => workloadEndpointName(parts),
          (error) => {
            assert.ok(error instanceof ConversionError);
            const [third] = thirdPart(ids);
            assert.equal(error.field === 'workload' ? third : error.field, erroredField);
            return true;
          },
        );
      });
    }

    for (const { name, wepName, expected } of vectors.parse) {
      it(`parse: ${name}`, () => {
        // Calico also reads prefixes of names; here only a whole name has a meaning.
        const whole = expected?.endpoint !== undefined;
        assert.deepEqual(parseWorkloadEndpointName(wepName), whole ? partsOf(expected) : undefined);
      });
    }
  });
}

describe('WorkloadEndpoint names', () => {
  it('double the dashes inside parts', () => {
    const parts = { node: 'node-1.x', orchestrator: 'k8s', workload: 'a--b', endpoint: 'eth0' };
    assert.equal(workloadEndpointName(parts), 'node--1.x-k8s-a----b-eth0');
    assert.deepEqual(parseWorkloadEndpointName('node--1.x-k8s-a----b-eth0'), parts);
  });

  it('are refused where they do not come from four proper parts', () => {
    const bad = [
      '',
      '-',
      'a-b-c',
      'a-b-c-',
      'a-b-c-d-e',
      '-a-b-c-d',
      'a---b-c-d',
      'a-b-c-d-',
      'a-b---c-d',
      '----',
      'a',
      `${'a-'.repeat(100_000)}a`,
    ];
    for (const name of bad) assert.equal(parseWorkloadEndpointName(name), undefined, name.slice(0, 40));
  });

  it('survive the way there and back', () => {
    const part = fc
      .array(fc.constantFrom('a', 'B', '-', '.', '_', '9'), { minLength: 1, maxLength: 8 })
      .map((letters) => letters.join(''))
      .filter((text) => !text.startsWith('-') && !text.endsWith('-'));
    check(
      fc.property(part, part, part, part, (node, orchestrator, workload, endpoint) => {
        const parts = { node, orchestrator, workload, endpoint };
        assert.deepEqual(parseWorkloadEndpointName(workloadEndpointName(parts)), parts);
      }),
    );
  });

  it('that parse print back unchanged', () => {
    const soup = fc
      .array(fc.constantFrom('a', '-', '--', 'b'), { maxLength: 14 })
      .map((letters) => letters.join(''));
    check(
      fc.property(soup, (name) => {
        const parts = parseWorkloadEndpointName(name);
        if (parts !== undefined) assert.equal(workloadEndpointName(parts), name);
      }),
    );
  });
});

describe('WorkloadEndpointNameParser', () => {
  it('reads what the plain function reads, whatever came before', () => {
    const piece = fc.constantFrom('-', '--', '---', 'a', 'k8s', 'node--1', 'eth0', 'web--x');
    const name = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const usual = fc
      .tuple(fc.constantFrom('n', 'node--1'), fc.constantFrom('web', 'web--a', '-x', 'b-'))
      .map(([node, pod]) => `${node}-k8s-${pod}-eth0`);
    check(
      fc.property(fc.array(fc.oneof(name, usual), { maxLength: 12 }), (names) => {
        const parser = new WorkloadEndpointNameParser();
        for (const each of names) assert.deepEqual(parser.parse(each), parseWorkloadEndpointName(each));
      }),
    );
  });
});

describe('dashes', () => {
  it('are doubled and halved as replaceAll does it', () => {
    const piece = fc.oneof(fc.constantFrom('-', '--', 'a', 'é', '漢', '-'.repeat(300)), fc.string());
    check(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        assert.equal(doubleDashes(text), text.replaceAll('-', '--'));
        assert.equal(halveDashes(text), text.replaceAll('--', '-'));
      }),
    );
  });
});
