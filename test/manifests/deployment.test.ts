import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseOptions } from '../../src/config/parse.ts';

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
}
interface Deployment {
  readonly kind: string;
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly Container[] };
    };
  };
}

const root = join(import.meta.dirname, '../..');
const deployment = parseAllDocuments(readFileSync(join(root, 'manifests/fedsyncd.yaml'), 'utf8'))
  .map((document) => document.toJS() as Deployment)
  .find(({ kind }) => kind === 'Deployment');
const pod = deployment?.spec.template;
const container = pod?.spec.containers[0];

describe('the Deployment', () => {
  it('starts the daemon with options that it knows, on the port that is probed and scraped', () => {
    const [command, ...args] = container?.args ?? [];
    assert.equal(command, 'run');
    const parsed = parseOptions('run', args, {});
    assert.ok(parsed.ok, 'problems' in parsed ? parsed.problems.join('; ') : '');
    assert.deepEqual(parsed.values['ops-address'], { host: '0.0.0.0', port: 9095 });
    assert.deepEqual(parsed.values['rcc-source'], ['kubernetes']);
    assert.deepEqual(container?.ports, [{ name: 'ops', containerPort: 9095 }]);
    assert.equal(pod?.metadata.annotations['prometheus.io/port'], '9095');
  });

  it('names the image of this version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    assert.equal(container?.image, `fedsyncd:${version}`);
  });
});
