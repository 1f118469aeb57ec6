import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { ExplainDocument, StatusDocument } from '../../src/contract/ops-documents.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { FleetFixture, NOW, POD, cluster, lister } from '../telemetry/fleet-fixture.ts';
import { fedsyncd } from './console-fixture.ts';

describe('commands that ask a daemon', () => {
  const fleet = new FleetFixture();
  const telemetry = new Telemetry({
    version: '1.2.3',
    interfacePrefix: 'cali',
    logLevel: 'silent',
    clock: { ...systemClock, now: () => NOW },
  });
  const hostile = { ...POD, cluster: 'west', since: NOW };
  const index = lister({
    endpointsByIP: (address) =>
      address === '10.6.6.6'
        ? [{ ...hostile, entry: { ...POD.entry, node: 'n\u001b]0;owned\u0007', serviceAccount: 'a\nb' } }]
        : lister().endpointsByIP(address),
  });
  let ops: readonly string[] = [];

  before(async () => {
    const address = await telemetry.start({ host: '127.0.0.1', port: 0 }, { fleet, lister: index });
    ops = ['--ops-address', address];
  });
  after(() => telemetry.close());

  it('status prints an aligned table and ends with 0 where all is in sync', async () => {
    fleet.list = [cluster('east'), cluster('a-long-name.west', { datastoreType: 'etcdv3' })];
    const { code, out } = await fedsyncd(['status', ...ops]);
    assert.equal(
      out,
      [
        'NAME              TYPE        STATUS  REASON  AGE  ENDPOINTS  SERVICES  MESSAGE',
        'a-long-name.west  etcdv3      InSync  Synced  1s   12         4         Everything is in sync.',
        'east              kubernetes  InSync  Synced  1s   12         4         Everything is in sync.',
        '2 of 2 in sync, ready, index revision 7, fedsyncd 1.2.3',
        '',
      ].join('\n'),
    );
    assert.equal(code, 0);
  });

  it('status ends with 1 while a cluster is not in sync, and shows what else is wrong', async () => {
    const { counts } = cluster('x');
    fleet.list = [
      cluster('east', {
        stale: true,
        message: 'in sync',
        lastContact: NOW - 300_000,
        counts: { ...counts, skipped: 2 },
        notes: ['A note.'],
      }),
      cluster('west', {
        datastoreType: null,
        status: 'ConfigIncomplete',
        reason: 'InvalidConfig',
        message: 'spec.etcdEndpoints is required',
        lastContact: null,
        counts: { ...counts, services: null },
      }),
    ];
    fleet.sourceList = [
      {
        name: 'directory',
        reason: 'SourceMissing',
        message: 'gone',
        rejected: [{ origin: 'a.yaml', problem: 'no YAML' }],
      },
    ];
    fleet.conflictList = [{ name: 'east', used: 'a', ignored: 'b' }];
    const { code, out } = await fedsyncd(['status', ...ops]);
    assert.equal(code, 1);
    assert.match(
      out,
      /^east +kubernetes +InSync +Synced +5m \(stale\) +12 +4 +in sync; 2 object\(s\) skipped; A note\.$/m,
    );
    assert.match(
      out,
      /^west +- +ConfigIncomplete +InvalidConfig +- +12 +- +spec\.etcdEndpoints is required$/m,
    );
    assert.match(out, /^Source directory: SourceMissing: gone$/m);
    assert.match(out, /^Source directory: rejected a\.yaml: no YAML$/m);
    assert.match(out, /^Conflict: east: a is used, b is ignored$/m);
  });

  it('status ends with 1 before the daemon is ready', async () => {
    fleet.list = [];
    fleet.isReady = false;
    fleet.waiting = ['source kubernetes'];
    const { code, out } = await fedsyncd(['status', ...ops]);
    assert.equal(code, 1);
    assert.match(out, /No remote cluster is configured\./);
    assert.match(out, /not ready \(waiting for source kubernetes\)/);
    fleet.isReady = true;
    assert.equal((await fedsyncd(['status', ...ops])).code, 0);
  });

  it('status -o json is the document of /status', async () => {
    fleet.list = [cluster('east')];
    const { code, out } = await fedsyncd(['status', '-o', 'json', ...ops]);
    assert.equal(code, 0);
    assert.equal((JSON.parse(out) as StatusDocument).clusters[0]?.name, 'east');
  });

  it('explain tells where an address is and what was left out', async () => {
    fleet.list = [cluster('east'), cluster('west', { status: 'NotConnecting', reason: 'Timeout' })];
    const { code, out } = await fedsyncd(['explain', '10.1.2.3', ...ops]);
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        '10.1.2.3 is shop/web-0 of cluster east',
        '  WorkloadEndpoint  shop/node--1-k8s-web--0-eth0',
        '  Node              node-1',
        '  Addresses         10.1.2.3/32',
        '  Service account   web',
        '  Interface         calia4fc3c48bd8',
        '  Profiles          kns.shop',
        '  Labels            app=web',
        '  Inherited labels  pcns.team=blue',
        '  Ports             http 8080/TCP',
        '  Version           42, unchanged since 2026-03-04T05:06:02.000Z',
        'Left out: shop/done-1 of cluster east, node node-2: Finished (the pod is finished)',
        'Not in sync: cluster west is NotConnecting (Timeout); its part of this answer may be old or missing.',
        '',
      ].join('\n'),
    );
    const json = await fedsyncd(['explain', '::ffff:10.1.2.3', '-o', 'json', ...ops]);
    assert.equal((JSON.parse(json.out) as ExplainDocument).endpoints.length, 1);
  });

  it('explain ends with 1 where nobody has the address', async () => {
    fleet.list = [cluster('east')];
    const { code, out } = await fedsyncd(['explain', '10.9.9.9', ...ops]);
    assert.equal(code, 1);
    assert.equal(out, 'No remote cluster has an endpoint with the address 10.9.9.9.\n');
  });

  it('remote text cannot steer the terminal', async () => {
    fleet.sourceList = [];
    fleet.conflictList = [];
    fleet.list = [cluster('east', { message: 'hi\u001b[2J\r\nNAME fake\u202e', notes: ['\u009b31m'] })];
    const texts = [
      (await fedsyncd(['status', ...ops])).out,
      (await fedsyncd(['status', '-o', 'json', ...ops])).out,
      (await fedsyncd(['explain', '10.6.6.6', ...ops])).out,
      (await fedsyncd(['explain', '10.6.6.6', '-o', 'json', ...ops])).out,
    ];
    for (const text of texts) {
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text), JSON.stringify(text));
    }
    assert.equal(texts[0]?.split('\n').length, 4, 'one line stays one line');
    assert.deepEqual((JSON.parse(texts[1] ?? '') as StatusDocument).clusters[0]?.notes, ['\u009b31m']);
  });

  it('a daemon that listens everywhere is asked at the loopback', async () => {
    fleet.list = [cluster('east')];
    const port = ops[1]?.split(':')[1];
    const environment = { FEDSYNCD_OPS_ADDRESS: `0.0.0.0:${port}` };
    assert.equal((await fedsyncd(['status'], { environment })).code, 0);
  });
});

describe('a daemon that is not there', () => {
  async function against(answer: string, status = 200): Promise<{ code: number; err: string }> {
    const server = createServer((_, response) => {
      response.statusCode = status;
      response.end(answer);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const result = await fedsyncd(['status', '--ops-address', `127.0.0.1:${port}`]);
    server.closeAllConnections();
    server.close();
    return result;
  }

  it('another server: 3', async () => {
    assert.match((await against('<html>')).err, /the answer is not JSON; is this the ops address/);
    assert.match((await against('{}')).err, /the answer is not a status/);
    assert.match((await against('null')).err, /the answer is not a status/);
    const { code, err } = await against('no', 404);
    assert.match(err, /HTTP status 404/);
    assert.equal(code, 3);
  });

  it('a server that never answers: 3 after --request-timeout', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const ops = ['--ops-address', `127.0.0.1:${port}`, '--request-timeout', '100ms'];
    const { code, err } = await fedsyncd(['explain', '10.0.0.1', ...ops]);
    assert.equal(code, 3);
    assert.match(err, /no answer in 100 ms/);
    server.closeAllConnections();
    server.close();
  });
});
