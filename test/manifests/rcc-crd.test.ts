import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { parseRcc } from '../../src/model/rcc-parse.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import { accepted, refused } from './rcc-examples.ts';

const directory = join(import.meta.dirname, '../../manifests');
const versions = [
  { file: 'rcc-crd-v1.yaml', group: 'crd.projectcalico.org', version: 'v1' },
  { file: 'rcc-crd-v3.yaml', group: 'projectcalico.org', version: 'v3' },
];

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly group: string; readonly versions: readonly { readonly name: string }[] };
}

function read(file: string): Crd {
  return parse(readFileSync(join(directory, file), 'utf8')) as Crd;
}

describe('the two RCC CRDs', () => {
  it('differ in nothing but group and version', () => {
    const [v1, v3] = versions.map(({ file, group, version }) => {
      const { metadata, spec } = read(file);
      assert.equal(spec.group, group);
      assert.equal(spec.versions[0]?.name, version);
      assert.equal(metadata.name, `remoteclusterconfigurations.${group}`);
      assert.equal(spec.versions.length, 1);
      return { ...spec, group: '', versions: [{ ...spec.versions[0], name: '' }] };
    });
    assert.deepEqual(v1, v3);
  });

  it('refuse only what the daemon could not use either', () => {
    for (const [name, spec] of Object.entries(refused)) {
      const parsed = parseRcc({ name: 'a', spec: spec.spec, origin: 'test' }, { trustInline: false });
      assert.equal(parsed.ok, false, name);
    }
  });
});

withServers('RCC CRDs on a real API server', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let server: KubeApiserver;
  before(async () => {
    server = await rig.kubeApiserver();
    for (const { file } of versions) await server.apply({ file: join(directory, file) });
  });

  for (const { group, version } of versions) {
    const path = `/apis/${group}/${version}/remoteclusterconfigurations`;
    const post = async (spec: unknown) =>
      server.call('POST', `${path}?dryRun=All&fieldValidation=Strict`, {
        apiVersion: `${group}/${version}`,
        kind: 'RemoteClusterConfiguration',
        metadata: { name: 'remote-a' },
        spec,
      });

    for (const [name, spec] of Object.entries(accepted)) {
      it(`${group} accepts: ${name}`, async () => {
        const answer = await post(spec);
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        assert.equal(
          answer.body.spec.syncOptions.overlayRoutingMode,
          spec.syncOptions?.overlayRoutingMode ?? 'Disabled',
        );
      });
    }

    for (const [name, { spec, says }] of Object.entries(refused)) {
      it(`${group} refuses: ${name}`, async () => {
        const answer = await post(spec);
        assert.ok([400, 422].includes(answer.status), `${answer.status}`);
        assert.match(answer.body.message, says);
      });
    }

    it(`${group} shows type, Secret and addresses`, async () => {
      await server.apply({
        text: JSON.stringify({
          apiVersion: `${group}/${version}`,
          kind: 'RemoteClusterConfiguration',
          metadata: { name: 'east' },
          spec: { clusterAccessSecret: { namespace: 'calico-system', name: 'east-secret' } },
        }),
      });
      const table = await server.kubectl(['get', `remoteclusterconfigurations.${group}`]);
      assert.match(table, /^NAME +TYPE +SECRET +ETCD +ENDPOINT +AGE\neast +east-secret +\d+s\n$/);
    });
  }
});
