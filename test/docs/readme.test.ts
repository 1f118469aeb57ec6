import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { StatusDocument } from '../../src/contract/ops-documents.ts';
import { parseRcc } from '../../src/model/rcc-parse.ts';
import { blocks, page, pages } from './pages.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** What is said in YAML blocks, and in those that a shell command reads. */
function manifests(text: string): readonly Manifest[] {
  const heredocs = blocks(text, 'sh').flatMap((block) =>
    [...block.matchAll(/<<END\n([\s\S]*?)\nEND$/gm)].map(([, body = '']) => body),
  );
  return [...blocks(text, 'yaml'), ...heredocs].flatMap((yaml) =>
    parseAllDocuments(yaml).map((document) => document.toJS() as Manifest),
  );
}

describe('RemoteClusterConfigurations in the docs', () => {
  it('are usable, with the Secrets beside them', () => {
    let seen = 0;
    for (const { path, text } of pages) {
      const all = manifests(text);
      for (const rcc of all.filter(({ kind }) => kind === 'RemoteClusterConfiguration')) {
        seen++;
        assert.match(rcc.apiVersion, /^(crd\.projectcalico\.org\/v1|projectcalico\.org\/v3)$/);
        const parse = parseRcc(
          { name: rcc.metadata.name, spec: rcc.spec, origin: path },
          { trustInline: false },
        );
        assert.ok(parse.ok, `${path}: ${JSON.stringify(parse)}`);
        if (parse.needs === 'nothing') continue;
        const { secret } = parse;
        const found = all.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === secret.name);
        if (found === undefined) {
          assert.match(
            text,
            new RegExp(`kubectl create secret generic ${secret.name} `),
            `${path}: no Secret`,
          );
          continue;
        }
        assert.equal(found.metadata.namespace, secret.namespace);
        const completed = parse.complete(found.stringData ?? {});
        assert.ok(completed.ok, `${path}: ${JSON.stringify(completed)}`);
      }
    }
    assert.ok(seen >= 2, `${seen} seen`);
  });
});

describe('README.md', () => {
  it('shows /status with fields that it has', () => {
    const [sample = ''] = blocks(page('README.md').text, 'json');
    const document = JSON.parse(sample) as StatusDocument['clusters'][number];
    const fields: Record<keyof StatusDocument['clusters'][number], true> = {
      name: true,
      datastoreType: true,
      status: true,
      reason: true,
      message: true,
      since: true,
      lastContact: true,
      dataAge: true,
      stale: true,
      nextRetry: true,
      counts: true,
      datastores: true,
      overlayRoutingMode: true,
      origin: true,
      notes: true,
      skipped: true,
    };
    assert.deepEqual(Object.keys(document), Object.keys(fields));
  });

  it('stays readable in one sitting', () => {
    assert.ok(page('README.md').text.split('\n').length <= 220);
  });
});
