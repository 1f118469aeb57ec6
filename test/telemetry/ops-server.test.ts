import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { ExplainDocument, StatusDocument } from '../../src/contract/ops-documents.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { METRICS } from '../../src/telemetry/metrics.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { FleetFixture, NOW, cluster, lister } from './fleet-fixture.ts';

describe('ops server', () => {
  const fleet = new FleetFixture();
  const telemetry = new Telemetry({
    version: '1.2.3',
    interfacePrefix: 'cali',
    logLevel: 'silent',
    clock: { ...systemClock, now: () => NOW },
  });
  let base = '';
  let address = '';

  before(async () => {
    address = await telemetry.start({ host: '127.0.0.1', port: 0 }, { fleet, lister: lister() });
    base = `http://${address}`;
  });
  after(() => telemetry.close());

  async function text(path: string, init: RequestInit = {}): Promise<[number, string]> {
    const response = await fetch(`${base}${path}`, init);
    return [response.status, await response.text()];
  }

  it('binds a port that the system chose', () => {
    assert.match(address, /^127\.0\.0\.1:[1-9]\d*$/);
  });

  it('answers GET and HEAD only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await fetch(`${base}/status`, { method });
      assert.equal(response.status, 405, method);
      assert.equal(response.headers.get('allow'), 'GET, HEAD');
      await response.text();
    }
    const head = await fetch(`${base}/status`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.ok(Number(head.headers.get('content-length')) > 0);
    assert.equal(await head.text(), '');
  });

  it('answers an unknown path with the list of paths', async () => {
    for (const path of ['/nothing', '/status/', '/__proto__', '/constructor', '//status']) {
      const [status, body] = await text(path);
      assert.equal(status, 404, path);
      const { paths } = JSON.parse(body) as { paths: string[] };
      assert.deepEqual(paths, ['/', '/status', '/explain', '/plan', '/metrics', '/liveness', '/readiness']);
    }
  });

  it('refuses long URLs and headers', async () => {
    assert.equal((await text(`/status?${'x'.repeat(3000)}`))[0], 414);
    assert.equal((await text('/status', { headers: { long: 'x'.repeat(9000) } }))[0], 431);
  });

  it('survives what is not HTTP', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const [host, port] = address.split(':');
    const socket = connect({ host: host ?? '', port: Number(port) }, () =>
      socket.write('\u0016\u0003\u0001 TLS?\r\n\r\n'),
    );
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    assert.match(await promise, /^HTTP\/1\.1 400/);
    assert.equal((await text('/liveness'))[0], 200);
  });

  it('says status as JSON', async () => {
    fleet.list = [
      cluster('west', {
        datastoreType: 'etcdv3',
        status: 'NotConnecting',
        reason: 'Timeout',
        message: 'No answer.',
        lastContact: null,
        nextRetry: NOW + 5000,
        counts: { ...cluster('x').counts, services: null, endpointSlices: null },
      }),
      cluster('east', { stale: true, notes: ['Endpoints instead of EndpointSlices'] }),
    ];
    fleet.conflictList = [{ name: 'east', used: 'a', ignored: 'b' }];
    const [status, body] = await text('/status');
    assert.equal(status, 200);
    const document = JSON.parse(body) as StatusDocument;
    assert.deepEqual(
      { ...document, clusters: document.clusters.map(({ name }) => name) },
      {
        version: '1.2.3',
        time: '2026-03-04T05:06:07.000Z',
        revision: 7,
        ready: true,
        waitingFor: [],
        sources: [{ name: 'directory', reason: null, message: '', rejected: [] }],
        conflicts: [{ name: 'east', used: 'a', ignored: 'b' }],
        overlaps: [],
        clusters: ['east', 'west'],
      },
    );
    const [east, west] = document.clusters;
    assert.equal(east?.dataAge, 1.5);
    assert.equal(east.since, '2026-03-04T05:05:07.000Z');
    assert.equal(east.lastContact, '2026-03-04T05:06:05.500Z');
    assert.equal(east.stale, true);
    assert.equal(west?.dataAge, null);
    assert.equal(west.lastContact, null);
    assert.equal(west.nextRetry, '2026-03-04T05:06:12.000Z');
    assert.equal(west.counts.services, null);
  });

  it('explains an address in any form, with what may be missing', async () => {
    const [status, body] = await text('/explain?ip=::ffff:10.1.2.3');
    assert.equal(status, 200);
    const document = JSON.parse(body) as ExplainDocument;
    assert.equal(document.query, '10.1.2.3');
    assert.deepEqual(document.endpoints, [
      {
        cluster: 'east',
        kind: 'WorkloadEndpoint',
        namespace: 'shop',
        name: 'node--1-k8s-web--0-eth0',
        node: 'node-1',
        orchestrator: 'k8s',
        workload: 'web-0',
        serviceAccount: 'web',
        interfaceName: 'calia4fc3c48bd8',
        addresses: ['10.1.2.3/32'],
        labels: { app: 'web' },
        inheritedLabels: { 'pcns.team': 'blue' },
        profiles: ['kns.shop'],
        ports: [{ name: 'http', protocol: 'TCP', port: 8080, hostPort: 0, hostIP: '' }],
        resourceVersion: '42',
        since: '2026-03-04T05:06:02.000Z',
      },
    ]);
    assert.deepEqual(document.excluded, [
      { cluster: 'east', key: 'shop/done-1', reason: 'Finished', node: 'node-2', addresses: ['10.1.2.3'] },
    ]);
    assert.deepEqual(document.notInSync, [{ cluster: 'west', status: 'NotConnecting', reason: 'Timeout' }]);
    const [, none] = await text('/explain?ip=10.9.9.9');
    assert.deepEqual((JSON.parse(none) as ExplainDocument).endpoints, []);
  });

  it('refuses to explain what is no address, naming it', async () => {
    for (const [query, expected] of [
      ['?ip=shop/web', /"shop\/web"/],
      ['?ip=10.0.0.1%2F8', /"10\.0\.0\.1\/8"/],
      ['?ip=', /""/],
      ['', /a parameter is missing/],
    ] as const) {
      const [status, body] = await text(`/explain${query}`);
      assert.equal(status, 400, query);
      assert.match((JSON.parse(body) as { error: string }).error, expected);
    }
  });

  it('is ready when the engine says so, and shows who is waited for', async () => {
    fleet.isReady = false;
    fleet.waiting = ['source kubernetes'];
    fleet.sourceList = [
      { name: 'kubernetes', reason: 'Forbidden', message: 'may not list\u001b[31m', rejected: [] },
    ];
    const [status, body] = await text('/readiness');
    assert.equal(status, 503);
    assert.match(body, /\| source kubernetes \| Forbidden /);
    assert.match(body, /waiting for source kubernetes/);
    assert.ok(!body.includes('\u001b'));
    fleet.isReady = true;
    assert.equal((await text('/readiness'))[0], 200);
    assert.match((await text('/liveness'))[1], /reporting live/);
  });

  it('has a page without scripts in which remote text stays text', async () => {
    fleet.list = [
      cluster('east', { message: `<script>alert('x')</script>&"\u202e`, notes: ['<img src=x>'] }),
    ];
    const response = await fetch(`${base}/`);
    const body = await response.text();
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; style-src 'sha256-/,
    );
    assert.ok(!/<script|<img/i.test(body));
    assert.ok(!body.includes('\u202e'));
    assert.match(body, /&lt;script&gt;alert\(&#39;x&#39;\)&lt;\/script&gt;&amp;&quot;/);
    assert.match(body, /http-equiv="refresh"/);
    assert.ok(!/(src|href)="(?!\/)/.test(body), 'nothing from elsewhere');
  });

  it('shows metrics with the names and values of Calico Enterprise, and drops removed clusters', async () => {
    fleet.list = [
      cluster('east'),
      cluster('we"st', { status: 'ConfigIncomplete', reason: 'SecretNotFound', lastContact: null }),
    ];
    telemetry.report({
      event: 'resource.failed',
      cluster: 'east',
      datastore: 'kubernetes',
      resource: 'services',
      reason: 'Forbidden',
      message: 'm',
      retryInMs: 1,
      attempt: 1,
    });
    telemetry.report({
      event: 'resource.listed',
      cluster: 'east',
      datastore: 'kubernetes',
      resource: 'services',
      objects: 4,
      durationMs: 250,
      cause: 'relist',
    });
    const [status, body] = await text('/metrics');
    assert.equal(status, 200);
    for (const line of [
      'remote_cluster_connection_status{remote_cluster_name="east"} 2',
      'remote_cluster_connection_status{remote_cluster_name="we\\"st"} 5',
      'fedsyncd_cluster_data_age_seconds{remote_cluster_name="east"} 1.5',
      'fedsyncd_cluster_objects{remote_cluster_name="east",kind="workloadEndpoints"} 10',
      'fedsyncd_cluster_failures_total{remote_cluster_name="east",reason="Forbidden"} 1',
      'fedsyncd_cluster_relists_total{remote_cluster_name="east",resource="services"} 1',
      'fedsyncd_cluster_list_duration_seconds{remote_cluster_name="east",resource="services"} 0.25',
      'fedsyncd_index_objects{kind="services"} 8',
      'fedsyncd_index_revision 7',
      `fedsyncd_build_info{version="1.2.3",node_version="${process.version}"} 1`,
      'fedsyncd_ready 1',
    ]) {
      assert.ok(body.split('\n').includes(line), `${line}\n\nis missing in\n${body}`);
    }
    assert.ok(!body.includes('fedsyncd_cluster_data_age_seconds{remote_cluster_name="we'));
    for (const { name, help } of METRICS) assert.ok(body.includes(`# HELP ${name} ${help}`), name);

    fleet.list = [cluster('we"st')];
    telemetry.report({ event: 'cluster.removed', cluster: 'east' });
    const [, later] = await text('/metrics');
    assert.ok(!later.includes('"east"'), later);
    fleet.list = [cluster('east')];
    const [, again] = await text('/metrics');
    assert.ok(
      !again.includes('fedsyncd_cluster_failures_total{remote_cluster_name="east"'),
      'counts from zero',
    );
  });
});

describe('ops server start and stop', () => {
  it('says why it cannot listen', async () => {
    const first = new Telemetry({
      version: '1',
      interfacePrefix: 'cali',
      logLevel: 'silent',
      clock: systemClock,
    });
    const second = new Telemetry({
      version: '1',
      interfacePrefix: 'cali',
      logLevel: 'silent',
      clock: systemClock,
    });
    const engine = { fleet: new FleetFixture(), lister: lister() };
    const address = await first.start({ host: '127.0.0.1', port: 0 }, engine);
    const port = Number(address.split(':')[1]);
    await assert.rejects(second.start({ host: '127.0.0.1', port }, engine), {
      name: 'ListenError',
      message: `cannot listen at ${address}: the address is in use`,
    });
    await Promise.all([first.close(), second.close()]);
  });

  it('frees the port with open connections, twice is fine, and listens on IPv6', async () => {
    const telemetry = new Telemetry({
      version: '1',
      interfacePrefix: 'cali',
      logLevel: 'silent',
      clock: systemClock,
    });
    const engine = { fleet: new FleetFixture(), lister: lister() };
    const address = await telemetry.start({ host: '::1', port: 0 }, engine);
    assert.match(address, /^\[::1\]:\d+$/);
    const response = await fetch(`http://${address}/liveness`);
    await response.text();
    await telemetry.close();
    await telemetry.close();
    await assert.rejects(fetch(`http://${address}/liveness`));
  });

  it('answers 500 and reports when the engine fails', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const telemetry = new Telemetry({
      version: '1',
      interfacePrefix: 'cali',
      logLevel: 'info',
      clock: systemClock,
      destination,
    });
    const fleet = new FleetFixture();
    fleet.clusters = () => {
      throw new Error('broken');
    };
    const address = await telemetry.start({ host: '127.0.0.1', port: 0 }, { fleet, lister: lister() });
    const response = await fetch(`http://${address}/status`);
    assert.equal(response.status, 500);
    assert.deepEqual(await response.json(), { error: 'internal error' });
    await telemetry.close();
    assert.match(lines.join(''), /"event":"internal\.error".*broken/);
  });
});
