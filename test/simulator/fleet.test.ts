import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createServer } from 'node:net';
import { parseAllDocuments } from 'yaml';
import { clusterName, startFleet } from '../../src/simulator/fleet.ts';
import { runOutages } from '../../src/simulator/outage.ts';
import { CertificateAuthority } from '../rig/certificates.ts';
import { until } from '../rig/deadline.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { get } from './http-client.ts';

const SMALL = { clusters: 5, endpoints: 20, services: 4, changesPerSecond: 0, seed: 1 };

interface Document {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, string>>;
}

/** Heap and buffers in use after a full collection. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function documents(directory: string, name: string): Promise<Document[]> {
  const text = await readFile(join(directory, `${name}.yaml`), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Document);
}

describe('a simulated fleet', () => {
  it('writes an RCC for each cluster, with Secrets for some, that lead to running servers', async (test) => {
    const directory = join(await tempDirectory(test), 'rcc');
    const fleet = await startFleet({ ...SMALL, directory });
    test.after(() => fleet.close());
    assert.deepEqual((await readdir(directory)).sort(), [
      'central.yaml',
      'east.yaml',
      'north.yaml',
      'south.yaml',
      'west.yaml',
    ]);
    const [east] = await documents(directory, 'east');
    assert.deepEqual(
      [east?.kind, east?.apiVersion, east?.metadata.name],
      ['RemoteClusterConfiguration', 'projectcalico.org/v3', 'east'],
    );
    assert.equal((await get(`${String(east?.spec['k8sAPIEndpoint'])}/livez`)).status, 200);
    const [west] = await documents(directory, 'west');
    assert.equal(west?.spec['datastoreType'], 'etcdv3');
    assert.equal(west?.spec['etcdEndpoints'], fleet.cluster('west').etcd?.listener.url);
  });

  it('puts the access of some clusters into Secrets', async (test) => {
    const directory = await tempDirectory(test);
    const fleet = await startFleet({ ...SMALL, directory });
    test.after(() => fleet.close());
    const [north, secret] = await documents(directory, 'north');
    assert.deepEqual(north?.spec, {
      clusterAccessSecret: { kind: 'Secret', ...secret?.metadata },
    });
    const kubeconfig = Buffer.from(secret?.data['kubeconfig'] ?? '', 'base64').toString();
    assert.match(kubeconfig, new RegExp(fleet.cluster('north').kubernetes?.listener.url ?? 'none'));
    const [, credentials] = await documents(directory, 'central');
    assert.deepEqual(Object.keys(credentials?.data ?? {}), [
      'datastoreType',
      'etcdEndpoints',
      'etcdUsername',
      'etcdPassword',
    ]);
  });

  it('puts CA and token into kubeconfigs where servers speak TLS', async (test) => {
    const directory = await tempDirectory(test);
    const authority = new CertificateAuthority(join(directory, 'ca'));
    const { cert, key } = authority.issue();
    const fleet = await startFleet({ ...SMALL, directory, tls: { cert, key, caCert: authority.cert } });
    test.after(() => fleet.close());
    const [east] = await documents(directory, 'east');
    const text = String(east?.spec['kubeconfigInline']);
    assert.match(text, /server: https:/);
    assert.match(text, new RegExp(fleet.cluster('east').kubernetes?.token ?? 'none'));
    const [west] = await documents(directory, 'west');
    assert.equal(west?.spec['etcdCACert'], authority.cert);
  });

  it('gives all clusters the same services but no address twice', async (test) => {
    const fleet = await startFleet({ ...SMALL, clusters: 9, ipv6: true });
    test.after(() => fleet.close());
    const all = [...fleet.expectedEndpoints().values()].flat();
    const addresses = all.flatMap((endpoint) => endpoint.addresses);
    assert.equal(addresses.length, 9 * 20 * 2);
    assert.equal(new Set(addresses).size, addresses.length);
    const services = fleet.clusters.map(({ world }) =>
      world.store.tables.services.all().map(({ key }) => key),
    );
    for (const keys of services) assert.deepEqual(keys, services[0]);
    assert.equal(clusterName(8), 'east-2');
    assert.throws(() => fleet.cluster('none'), /no cluster none/);
  });

  it('changes the data only while it runs', async (test) => {
    const clock = new FakeClock();
    const fleet = await startFleet({ ...SMALL, changesPerSecond: 2, clock });
    test.after(() => fleet.close());
    const revisions = (): number[] => fleet.clusters.map(({ world }) => world.store.revision);
    const before = revisions();
    const controller = new AbortController();
    const running = fleet.run(controller.signal);
    await clock.advance(10_000);
    controller.abort();
    await running;
    const after = revisions();
    assert.ok(after.every((revision, i) => revision > (before[i] ?? 0)));
    await clock.advance(10_000);
    assert.deepEqual(revisions(), after);
  });

  it('lets one cluster after the other fail and return', async (test) => {
    const clock = new FakeClock();
    const fleet = await startFleet({ ...SMALL, clusters: 2, clock });
    test.after(() => fleet.close());
    const controller = new AbortController();
    const events: string[] = [];
    const running = runOutages(
      fleet.clusters,
      { afterMs: 12_000, durationMs: 15_000, pauseMs: 20_000, clock },
      ({ event, cluster }) => events.push(`${event} ${cluster}`),
      controller.signal,
    );
    const east = fleet.cluster('east');
    await clock.advance(11_999);
    assert.equal(east.running, true);
    await clock.advance(1);
    await until('east is away', () => events.at(-1) === 'stopped east');
    assert.equal(east.running, false);
    await clock.advance(15_000);
    await until('east is back', () => events.at(-1) === 'started east');
    assert.equal(east.running, true);
    await clock.advance(20_000);
    await until('west is away', () => events.at(-1) === 'stopped west');
    controller.abort();
    await running;
    assert.equal(clock.pending, 0);
  });

  it('brings a cluster back as soon as its port is free again', async (test) => {
    const clock = new FakeClock();
    const fleet = await startFleet({ ...SMALL, clusters: 1, clock });
    test.after(() => fleet.close());
    const [east] = fleet.clusters;
    const port = east?.kubernetes?.listener.port ?? 0;
    const controller = new AbortController();
    const events: string[] = [];
    const running = runOutages(
      fleet.clusters,
      { afterMs: 1000, durationMs: 1000, pauseMs: 60_000, clock },
      ({ event }) => events.push(event),
      controller.signal,
    );
    await clock.advance(1000);
    await until('the cluster is away', () => events.at(-1) === 'stopped');
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(port, '127.0.0.1', resolve);
    });
    await clock.advance(1000);
    await until('it waits for its port', () => clock.pending === 1);
    await new Promise((resolve) => {
      other.close(resolve);
    });
    await clock.advance(1000);
    await until('the cluster is back', () => events.at(-1) === 'started');
    assert.equal(east?.kubernetes?.listener.port, port);
    controller.abort();
    await running;
  });

  it('fits many clusters: at most 1.5 KB for each pod', async (test) => {
    const before = usedBytes();
    const fleet = await startFleet({ ...SMALL, clusters: 40, endpoints: 1000, services: 100 });
    test.after(() => fleet.close());
    // Pages of every cluster, so that templates and snapshots count too.
    for (const { kubernetes } of fleet.clusters) {
      if (kubernetes) await get(`${kubernetes.listener.url}/api/v1/pods?limit=50`);
    }
    // Buffers of finished answers go with a later collection.
    const perPod = (): number => (usedBytes() - before) / 40_000;
    await until('at most 1.5 KB for each pod', () => perPod() < 1536, {
      everyMs: 100,
    });
  });
});
