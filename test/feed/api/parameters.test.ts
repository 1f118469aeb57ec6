import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseAccept } from '../../../src/feed/api/accept-header.ts';
import { JsonIndenter } from '../../../src/feed/api/json-indenter.ts';
import {
  includeObject,
  listOptions,
  ParameterError,
  selectedName,
} from '../../../src/feed/api/list-options.ts';
import { documentForm, negotiateObjects, negotiateStatus } from '../../../src/feed/api/negotiation.ts';
import { FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import { check } from '../../model/property.ts';

const { services, workloadendpoints } = FEED_RESOURCES;

function options(query: string): ReturnType<typeof listOptions> {
  return listOptions(new URLSearchParams(query));
}

describe('list options', () => {
  it('reads what client-go sends', () => {
    const text =
      'allowWatchBookmarks=true&labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&resourceVersion=5&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeout=5s&timeoutSeconds=393&watch=true';
    assert.deepEqual(options(text), {
      watch: true,
      labelSelector: 'a=b',
      fieldSelector: 'metadata.name=x',
      resourceVersion: '5',
      resourceVersionMatch: 'NotOlderThan',
      limit: 0,
      continue: '',
      allowWatchBookmarks: true,
      sendInitialEvents: true,
      timeoutSeconds: 393,
    });
  });

  it('takes everything but false and 0 for true', () => {
    const read = (text: string): boolean => options(text).watch;
    assert.deepEqual(
      ['', 'watch=0', 'watch=false', 'watch=FALSE', 'watch', 'watch=1', 'watch=no', 'watch=true'].map(read),
      [false, false, false, false, true, true, true, true],
    );
    assert.equal(options('sendInitialEvents=false').sendInitialEvents, false);
    assert.equal(options('').sendInitialEvents, undefined);
  });

  it('tells a number that is none as the API server does', () => {
    const cases = {
      'limit=abc': 'strconv.ParseInt: parsing "abc": invalid syntax',
      'limit=': 'strconv.ParseInt: parsing "": invalid syntax',
      'timeoutSeconds=1.5': 'strconv.ParseInt: parsing "1.5": invalid syntax',
      'limit=9223372036854775808': 'strconv.ParseInt: parsing "9223372036854775808": value out of range',
    };
    for (const [query, message] of Object.entries(cases)) {
      assert.throws(() => options(query), new ParameterError(message));
    }
    assert.equal(options('limit=%2B500').limit, 500);
    assert.equal(options('limit=-3').limit, 0);
    assert.equal(options('limit=9223372036854775807').limit, Number.MAX_SAFE_INTEGER);
  });

  it('knows the policies of tables', () => {
    const read = (text: string): string => includeObject(new URLSearchParams(text));
    assert.deepEqual(['', 'includeObject=Object', 'includeObject=None'].map(read), [
      'Metadata',
      'Object',
      'None',
    ]);
    assert.throws(() => read('includeObject=object'), ParameterError);
  });

  it('finds the one object that a field selector leaves', () => {
    assert.equal(selectedName('metadata.name=web', services), 'web');
    assert.equal(selectedName('metadata.name!=web', services), '');
    assert.equal(selectedName('nonsense', services), '');
  });
});

describe('negotiation', () => {
  const object = (accept: string, resource = services, verb: 'get' | 'list' | 'watch' = 'list'): string => {
    const found = negotiateObjects(accept, resource, verb);
    return found ? `${found.wire} ${found.form}` : 'none';
  };
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const metadata = (wire: string, kind: string): string =>
    `application/${wire};as=${kind};g=meta.k8s.io;v=v1`;

  it('serves the first range that there is', () => {
    assert.equal(object(''), 'json object');
    assert.equal(object('*/*'), 'json object');
    assert.equal(
      object(`${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`),
      'json table',
    );
    assert.equal(object('application/vnd.kubernetes.protobuf,application/json'), 'protobuf object');
    assert.equal(
      object('application/vnd.kubernetes.protobuf, application/json', workloadendpoints),
      'json object',
    );
    assert.equal(object('application/vnd.kubernetes.protobuf', workloadendpoints), 'none');
    assert.equal(
      object('application/json;q=0.5, application/vnd.kubernetes.protobuf;q=0.9'),
      'protobuf object',
    );
    assert.equal(object('text/html,application/xhtml+xml,*/*;q=0.8'), 'json object');
    assert.equal(object('application/cbor,application/yaml'), 'none');
    assert.equal(
      object(`${table.replace('json', 'vnd.kubernetes.protobuf')},application/json`),
      'json object',
    );
    const protobuf = 'vnd.kubernetes.protobuf';
    assert.equal(
      object(`${metadata(protobuf, 'PartialObjectMetadataList')},application/json`),
      'protobuf metadata',
    );
    assert.equal(object(metadata('json', 'PartialObjectMetadata'), services, 'get'), 'json metadata');
    assert.equal(object(metadata('json', 'PartialObjectMetadataList'), services, 'get'), 'none');
    assert.equal(object(metadata('json', 'PartialObjectMetadata'), services, 'watch'), 'json metadata');
    assert.equal(object(metadata('json', 'PartialObjectMetadata')), 'none');
    assert.equal(object(metadata('json', 'Pod')), 'none');
  });

  it('answers errors as plain JSON where a form is asked for that a Status does not have', () => {
    assert.equal(negotiateStatus('application/vnd.kubernetes.protobuf,application/json', true), 'protobuf');
    assert.equal(negotiateStatus('application/vnd.kubernetes.protobuf,application/json', false), 'json');
    assert.equal(negotiateStatus(`${table},application/json`, true), 'json');
    assert.equal(negotiateStatus('text/html', true), 'json');
  });

  it('knows who wants discovery in one answer', () => {
    const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const beta = aggregated.replace('v=v2', 'v=v2beta1');
    assert.equal(documentForm(`${aggregated},${beta},application/json`, false), 'aggregated');
    assert.equal(documentForm(`${beta},application/json`, false), 'json');
    assert.equal(documentForm(beta, false), 'json');
    assert.equal(documentForm(`application/json,${aggregated}`, false), 'json');
    assert.equal(documentForm('', false), 'json');
    assert.equal(documentForm('text/html', true), undefined);
  });

  it('reads any header', () => {
    check(fc.property(fc.string(), (header) => void parseAccept(header)));
  });
});

describe('json indenter', () => {
  it('indents as JSON.stringify does, wherever the pieces are cut', () => {
    check(
      fc.property(fc.json(), fc.array(fc.nat(40), { maxLength: 20 }), (json, cuts) => {
        const bytes = Buffer.from(json);
        const indenter = new JsonIndenter();
        const done: Buffer[] = [];
        let from = 0;
        for (const cut of [...cuts, bytes.length]) {
          done.push(indenter.indent(bytes.subarray(from, from + cut)));
          from = Math.min(bytes.length, from + cut);
        }
        assert.equal(Buffer.concat(done).toString(), JSON.stringify(JSON.parse(json), null, 2));
      }),
    );
  });
});
