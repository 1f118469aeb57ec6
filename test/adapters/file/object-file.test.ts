import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { readObjectFile, type FileObject } from '../../../src/adapters/file/object-file.ts';
import { splitYamlList } from '../../../src/adapters/file/yaml-list.ts';
import { tempDirectory } from '../../support/temp-directory.ts';

async function read(test: TestContext, text: string): Promise<readonly FileObject[]> {
  const path = join(await tempDirectory(test), 'all.yaml');
  await writeFile(path, text);
  return readObjectFile(path);
}

function pod(i: number): string {
  return `- apiVersion: v1
  kind: Pod
  metadata:
    annotations:
      note: |
        first line
        items:
        - not an item

        --- not a document
    name: web-${i}
    namespace: shop
  status:
    podIPs:
    - ip: 10.0.0.1
`;
}

/** As \`kubectl get pods -o yaml\` writes it. */
function exported(pods: number, more = ''): string {
  const items = Array.from({ length: pods }, (_, i) => pod(i)).join('');
  return `apiVersion: v1\nitems:\n${items}${more}kind: List\nmetadata:\n  resourceVersion: ""\n`;
}

describe('object file', () => {
  it('reads a large list item by item, equal to the parser on the whole', async (test) => {
    const text = exported(1_000);
    assert.ok(splitYamlList(text), 'it has the form that is cut');
    const objects = await read(test, text);
    const { items } = parse(text) as { items: readonly unknown[] };
    assert.deepEqual(
      objects.map(({ value }) => value),
      items,
    );
    assert.match(objects[999]?.place ?? '', /item 1000$/);
  });

  it('lets the process have its turns while it reads', async (test) => {
    const text = exported(2_000);
    let turns = 0;
    let reading = true;
    const count = (): void => {
      turns++;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    await read(test, text);
    reading = false;
    assert.ok(turns > 10, `${turns} turns`);
  });

  it('names the line of the file where an item is at fault', async (test) => {
    const text = exported(1_000, '- kind: Pod\n  metadata: {name: [\n');
    const line = text.split('\n').findIndex((each) => each.includes('{name: [')) + 1;
    await assert.rejects(read(test, text), (error: Error) => {
      const [, named] = /line (\d+)/.exec(error.message) ?? [];
      return Math.abs(Number(named) - line) <= 1;
    });
  });

  it('leaves every other form to the parser', () => {
    for (const text of [
      'kind: List\nitems: []\n',
      'kind: List\nitems:\n  - kind: Pod\n',
      'kind: List\nitems:\n-\n  kind: Pod\n',
      'kind: List\nitems:\n- kind: Pod\n-\n  kind: Pod\n',
      `${exported(1)}---\n${exported(1)}`,
      '{"kind": "List", "items": []}',
    ])
      assert.equal(splitYamlList(text), undefined, text);
  });
});
