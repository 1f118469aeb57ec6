import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MERGED } from '../../../src/feed/feed-object.ts';
import type { FeedObject } from '../../../src/feed/feed-object.ts';
import { FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import { shownAge } from '../../../src/feed/objects/shown-time.ts';
import { tableCells } from '../../../src/feed/objects/table-cells.ts';
import { check } from '../../model/property.ts';
import {
  anyObject,
  clusterStatus,
  CREATED,
  feedObject,
  hostEndpoint,
  labels,
  namespaceObject,
  pool,
  profile,
  remoteCluster,
  service,
  slice,
  viewsOf,
  workload,
} from './fixtures.ts';

const NOW = CREATED + 3_600_000 * 5;

function cells(object: FeedObject): Record<string, string> {
  const { columns } = FEED_RESOURCES[object.resource];
  const values = tableCells(object, MERGED, NOW);
  return Object.fromEntries(columns.map(({ name }, i) => [name, values[i] ?? '']));
}

describe('tableCells', () => {
  it('shows a service as kubectl users know it', () => {
    assert.deepEqual(cells(feedObject(service())), {
      Name: 'east.web',
      Type: 'ClusterIP',
      'Cluster-IP': '10.96.0.7',
      'External-IP': '<none>',
      'Port(s)': '80/TCP,53/UDP',
      Age: '5h',
      Selector: 'app=web,federation.tigera.io/remoteClusterName=east',
    });
    const odd = service({
      type: 'ExternalName',
      externalName: 'x.example',
      clusterIPs: [],
      ports: [],
      created: 0,
    });
    const shown = cells(feedObject({ ...odd, selector: labels() }));
    assert.deepEqual(Object.values(shown).slice(1), [
      'ExternalName',
      '<none>',
      'x.example',
      '<none>',
      '<unknown>',
      '<none>',
    ]);
  });

  it('shows the first ports and addresses of a slice', () => {
    const [endpoint] = slice().endpoints;
    assert.ok(endpoint);
    const addresses = [1, 2, 3, 4, 5].map((i) => `10.0.0.${i}`);
    const endpoints = addresses.map((address) => ({ ...endpoint, addresses: [address] }));
    const ports = [{ name: '', protocol: 'TCP', port: undefined, appProtocol: '' }];
    assert.deepEqual(Object.values(cells(feedObject(slice({ endpoints, ports })))), [
      'east.web-abcde',
      'IPv4',
      '*',
      '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...',
      '5h',
    ]);
    assert.equal(cells(feedObject(slice({ endpoints: [] })))['Endpoints'], '<unset>');
  });

  it('shows the other kinds', () => {
    const rows = [
      feedObject(workload()),
      feedObject(hostEndpoint()),
      feedObject(profile()),
      feedObject(pool()),
    ];
    assert.deepEqual(
      rows.map((row) => Object.values(cells(row)).slice(1)),
      [
        ['web-1', 'east/node-1', '10.0.0.1/32', 'cali0123456789a', '5h', 'east.kns.shop,east.ksa.shop.web'],
        ['east/node-1', 'eth0', '192.0.2.1', '5h', 'east.hosts'],
        ['5h', 'pcns.team=shop'],
        ['10.0.0.0/16', 'true', 'false', '5h', '<none>', 'Never'],
      ],
    );
    assert.deepEqual(Object.values(cells(namespaceObject())), ['shop', 'Active', '<unknown>']);
  });

  it('shows a remote cluster', () => {
    const counts = { ...clusterStatus().counts, services: null };
    const status = clusterStatus({ counts, lastContact: null, since: NOW - 90_000 });
    assert.deepEqual(cells(remoteCluster(status)), {
      Name: 'east',
      Type: 'kubernetes',
      Status: 'InSync',
      Reason: 'Synced',
      Endpoints: '8',
      Services: '<none>',
      Since: '90s',
      'Last-Contact': '<never>',
      Slices: '5',
      Age: '5h',
      Message: 'Everything is listed and watched.',
    });
  });

  it('gives one bounded, harmless cell for each column, whatever remote clusters send', () => {
    check(
      fc.property(anyObject, (object) => {
        for (const view of viewsOf(object)) {
          const row = tableCells(object, view, NOW);
          assert.equal(row.length, FEED_RESOURCES[object.resource].columns.length);
          // eslint-disable-next-line no-control-regex -- control characters are what it is about
          for (const cell of row) assert.doesNotMatch(cell, /[\u0000-\u001f\u007f-\u009f]|^.{513}/u);
        }
      }),
    );
  });
});

describe('shownAge', () => {
  const seconds = (...parts: readonly number[]): number =>
    parts.reduce((sum, part, i) => sum + part * ([86_400, 3600, 60, 1][i] ?? 0), 0);
  const ages: readonly (readonly [number, string])[] = [
    [-3, '<invalid>'],
    [-1, '0s'],
    [119, '119s'],
    [120, '2m'],
    [seconds(0, 0, 9, 59), '9m59s'],
    [seconds(0, 0, 10, 59), '10m'],
    [seconds(0, 2, 59, 59), '179m'],
    [seconds(0, 3, 0, 30), '3h'],
    [seconds(0, 7, 59, 0), '7h59m'],
    [seconds(0, 8, 30, 0), '8h'],
    [seconds(1, 23, 0, 0), '47h'],
    [seconds(2, 5, 0, 0), '2d5h'],
    [seconds(8, 5, 0, 0), '8d'],
    [seconds(729, 23, 0, 0), '729d'],
    [seconds(730, 0, 0, 0), '2y'],
    [seconds(740, 0, 0, 0), '2y10d'],
    [seconds(8 * 365 + 3, 0, 0, 0), '8y'],
  ];
  it('is what kubectl shows of a Kubernetes object', () => {
    for (const [age, text] of ages) assert.equal(shownAge(CREATED, CREATED + age * 1000), text);
    assert.equal(shownAge(0, CREATED), '<unknown>');
  });
});
