import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decodeSwagger } from '../objects/swagger-schema.ts';
import { running } from './server-fixture.ts';

const GOLDEN = join(import.meta.dirname, 'golden');
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** UPDATE_GOLDEN=1 writes what is served now; a person looks at the difference. The order of fields counts, blanks do not. */
function matches(file: string, text: string): void {
  const path = join(GOLDEN, file);
  const served = JSON.stringify(JSON.parse(text), null, 2);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, `${served}\n`);
  assert.equal(served, JSON.stringify(JSON.parse(readFileSync(path, 'utf8')), null, 2), file);
}

const ROUTES: Readonly<Record<string, string>> = {
  '/': 'root.json',
  '/version': 'version.json',
  '/api': 'api.json',
  '/api/v1': 'api-v1.json',
  '/apis': 'apis.json',
  '/apis/fedsyncd.io': 'apis-fedsyncd.json',
  '/apis/fedsyncd.io/v1alpha1': 'apis-fedsyncd-v1alpha1.json',
  '/apis/projectcalico.org/v3': 'apis-calico-v3.json',
  '/apis/discovery.k8s.io/v1': 'apis-discovery-v1.json',
};

interface Refused {
  readonly parameters: readonly { readonly name: string }[];
  readonly responses: object;
}

describe('documents over HTTP', () => {
  it('are the same in both views', async (test) => {
    const { get } = await running(test);
    for (const [path, file] of Object.entries(ROUTES)) {
      for (const prefix of ['', '/clusters/east']) {
        const answer = await get(prefix + path);
        assert.equal(answer.status, 200, prefix + path);
        assert.equal(answer.headers['content-type'], 'application/json');
        matches(file, answer.text);
      }
    }
  });

  it('tell everything at once to who asks for aggregated discovery', async (test) => {
    const { get } = await running(test);
    for (const [path, file] of [
      ['/api', 'api-aggregated.json'],
      ['/apis', 'apis-aggregated.json'],
    ] as const) {
      const answer = await get(path, { accept: AGGREGATED });
      const [type = ''] = AGGREGATED.split(',');
      assert.equal(answer.headers['content-type'], type);
      matches(file, answer.text);
      assert.equal((await get(`${path}/`, { accept: AGGREGATED })).text, answer.text);
    }
    const group = await get('/api/v1', { accept: AGGREGATED });
    assert.equal(group.headers['content-type'], 'application/json');
  });

  it('lead from the index of OpenAPI v3 to the documents of the same view', async (test) => {
    const { get } = await running(test);
    for (const prefix of ['', '/clusters/east']) {
      const index = JSON.parse((await get(`${prefix}/openapi/v3`)).text) as {
        paths: Record<string, { serverRelativeURL: string }>;
      };
      assert.deepEqual(Object.keys(index.paths), [
        'api/v1',
        'apis/discovery.k8s.io/v1',
        'apis/projectcalico.org/v3',
        'apis/fedsyncd.io/v1alpha1',
      ]);
      for (const { serverRelativeURL } of Object.values(index.paths)) {
        assert.ok(serverRelativeURL.startsWith(`${prefix}/openapi/v3/api`));
        const answer = await get(serverRelativeURL);
        assert.equal(answer.status, 200);
        assert.match(answer.headers['cache-control'] ?? '', /immutable/);
      }
    }
    const old = await get('/openapi/v3/api/v1?hash=0');
    assert.equal(old.headers['cache-control'], 'no-cache, private');
  });

  it('have schemas that every reference finds', async (test) => {
    const { get } = await running(test);
    const v2 = JSON.parse((await get('/openapi/v2')).text) as { definitions: object; paths: object };
    const v3 = JSON.parse((await get('/openapi/v3/apis/projectcalico.org/v3')).text) as {
      components: { schemas: object };
    };
    for (const [document, known, prefix] of [
      [v2, v2.definitions, '#/definitions/'],
      [v3, v3.components.schemas, '#/components/schemas/'],
    ] as const) {
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)];
      assert.ok(references.length > 10);
      for (const [, reference = ''] of references) {
        assert.ok(Object.hasOwn(known, reference.slice(prefix.length)), reference);
      }
    }
    assert.deepEqual(
      Object.keys(v2.paths).filter((path) => path.includes('service')),
      [
        '/api/v1/services',
        '/api/v1/namespaces/{namespace}/services',
        '/api/v1/namespaces/{namespace}/services/{name}',
      ],
    );
  });

  it('are protobuf for Go, which reads Swagger in no other form', async (test) => {
    const { get } = await running(test);
    const json = await get('/openapi/v2');
    for (const name of ['v2@v1.0', 'v2.v1.0']) {
      const accept = `application/com.github.proto-openapi.spec.${name}+protobuf`;
      // Also where a person's tool asks: this cannot be indented.
      const answer = await get('/openapi/v2', { accept, 'user-agent': 'curl/8' });
      assert.equal(
        answer.headers['content-type'],
        'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
      );
      assert.deepEqual(decodeSwagger(answer.bytes), JSON.parse(json.text));
      assert.notEqual(answer.headers['etag'], json.headers['etag']);
    }
    const both = await get('/openapi/v2', {
      accept: 'application/json,application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
    });
    assert.equal(both.text, json.text);
  });

  it('say that the server takes the checking of fields on itself, and refuses', async (test) => {
    const { get } = await running(test);
    const { text } = await get('/openapi/v3/api/v1');
    const { paths } = JSON.parse(text) as { paths: Record<string, { patch?: Refused }> };
    const { patch } = paths['/api/v1/namespaces/{namespace}/services/{name}'] ?? {};
    assert.deepEqual(Object.keys(patch?.responses ?? {}), ['405']);
    assert.deepEqual(
      patch?.parameters.map(({ name }) => name),
      ['namespace', 'name', 'fieldValidation'],
    );
  });

  it('are not sent again to who has them', async (test) => {
    const { get } = await running(test);
    for (const path of ['/apis', '/openapi/v2', '/version']) {
      const { headers } = await get(path);
      const etag = headers['etag'] ?? '';
      assert.match(etag, /^"[0-9A-F]{32}"$/);
      const again = await get(path, { 'if-none-match': `W/"x", ${etag}` });
      assert.deepEqual([again.status, again.text, again.headers['etag']], [304, '', etag]);
      assert.equal((await get(path, { 'if-none-match': '"x"' })).status, 200);
    }
  });
});
