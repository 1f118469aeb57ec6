import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import {
  type LocalCluster,
  type LocalClusterOptions,
  openLocalCluster,
} from '../../../src/adapters/local-cluster.ts';
import type { DaemonEvent } from '../../../src/contract/event.ts';
import { MergedIndex } from '../../../src/index/merged-index.ts';
import { LOCAL_CLUSTER_TEXT } from '../../../src/model/federation.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Gate } from '../../../src/runtime/gate.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { LocalReplication } from '../../../src/sync/local-replication.ts';
import { until, within } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { Relay } from '../../support/relay.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

function optionsOf(kubeconfig: string): LocalClusterOptions {
  return {
    // No source of RCCs asks for the local API: the controller alone does.
    rccSources: [],
    offline: false,
    rccDirectory: undefined,
    kubeconfig,
    localEtcd: undefined,
    inspect: [],
    apiUsers: ['--controllers federated-services'],
    datastore: {
      connectTimeoutMs: 5_000,
      requestTimeoutMs: 5_000,
      maxObjectBytes: 1 << 20,
      excludeNamespaces: [],
    },
  };
}

/** The local replication of a server behind a relay, into an index of its own. */
class Local implements AsyncDisposable {
  readonly events: DaemonEvent[] = [];
  readonly index: MergedIndex;
  readonly cluster: LocalCluster;
  readonly replication: LocalReplication;
  readonly #relay: Relay;
  readonly #directory: string;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  private constructor(cluster: LocalCluster, relay: Relay, directory: string) {
    this.cluster = cluster;
    this.#relay = relay;
    this.#directory = directory;
    const report = (event: DaemonEvent): number => this.events.push(event);
    this.index = new MergedIndex({
      clock: systemClock,
      random: systemRandom,
      report,
      maxObjectsPerCluster: 10_000,
      historyLength: 1024,
    });
    assert.ok(cluster.services);
    this.replication = new LocalReplication({
      services: cluster.services,
      replicas: this.index,
      context: {
        clock: systemClock,
        random: systemRandom,
        report,
        lists: new Gate(4),
        maxObjectsPerCluster: 10_000,
        timings: {
          idleMs: 60_000,
          firstRetryMs: 100,
          maxRetryMs: 1_000,
          forbiddenRetryMs: 1_000,
          shortWatchMs: 1_000,
        },
      },
    });
    this.#done = this.replication.run(this.#stop.signal);
  }

  static async start(server: KubeApiserver): Promise<Local> {
    const relay = await Relay.start(server.port);
    const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-local-'));
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, server.kubeconfig().replace(server.url, `https://127.0.0.1:${relay.port}`));
    const host = { clock: systemClock, random: systemRandom, environment: {} };
    return new Local(await openLocalCluster(optionsOf(kubeconfig), host), relay, directory);
  }

  get services(): string {
    return [...this.index.servicesIn('default')]
      .map(({ entry }) => entry.name)
      .sort()
      .join(' ');
  }

  addresses(service: string): string {
    const slices = this.index.slicesOf('default', service, LOCAL_CLUSTER_TEXT);
    return slices.flatMap(({ entry }) => entry.endpoints.flatMap((one) => one.addresses)).join(' ');
  }

  cut(): void {
    this.#relay.cut();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await within('the replication ends', this.#done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.cluster.close();
    this.#relay.close();
    await rm(this.#directory, { recursive: true });
  }
}

function sliceOf(service: string, address: string): unknown {
  return {
    metadata: { name: `${service}-1`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 80 }],
    endpoints: [{ addresses: [address] }],
  };
}

withServers('local services from a real API server', ['etcd', 'kube-apiserver'], (rig) => {
  it('are in an index of their own, through cuts and restarts, and stay when it stops', async () => {
    const server = await rig.kubeApiserver();
    const create = async (path: string, object: unknown): Promise<void> => {
      const { status, body } = await server.call('POST', path, object);
      assert.equal(status, 201, JSON.stringify(body));
    };
    await create(SERVICES, { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } });
    await create(SLICES, sliceOf('web', '10.1.0.1'));
    await using local = await Local.start(server);
    await until('complete', () => local.index.servicesComplete(LOCAL_CLUSTER_TEXT));
    assert.equal(local.services, 'kubernetes web');
    assert.equal(local.addresses('web'), '10.1.0.1');
    assert.deepEqual(local.index.clusters(), [LOCAL_CLUSTER_TEXT]);
    await until('in sync', () => local.replication.statuses()[0]?.status === 'InSync');

    const slice = `${SLICES}/web-1`;
    await server.call('PATCH', slice, { endpoints: [{ addresses: ['10.1.0.2'] }] });
    await until('the change', () => local.addresses('web') === '10.1.0.2');
    local.cut();
    await server.call('PATCH', slice, { endpoints: [{ addresses: ['10.1.0.3'] }] });
    await until('after a cut', () => local.addresses('web') === '10.1.0.3');

    await server.kill();
    const down = () => local.replication.statuses()[0]?.status === 'NotConnecting';
    await until('the outage shows', down, { timeoutMs: 30_000 });
    assert.equal(local.addresses('web'), '10.1.0.3');
    assert.ok(local.index.servicesComplete(LOCAL_CLUSTER_TEXT));
    await server.restart();
    await server.call('DELETE', slice);
    await until('after a restart', () => local.addresses('web') === '', { timeoutMs: 30_000 });

    await local.stop();
    assert.equal(local.services, 'kubernetes web');
    const shown = local.events.filter((event) => 'cluster' in event);
    assert.ok(shown.some(({ event }) => event === 'resource.listed'));
    assert.ok(shown.every(({ cluster }) => cluster === LOCAL_CLUSTER_TEXT));

    // What it read over is still there for everybody else.
    const names = await local.cluster.api?.list(
      { path: SERVICES, what: 'services' },
      AbortSignal.timeout(5_000),
    );
    assert.equal(names?.length, 2);
    assert.equal((await local.cluster.identify(AbortSignal.timeout(5_000))).length, 1);
  });

  it('can be checked step by step', async () => {
    const server = await rig.kubeApiserver();
    await using local = await Local.start(server);
    const steps: string[] = [];
    for await (const { step, result } of local.cluster.services?.check(AbortSignal.timeout(10_000)) ?? []) {
      steps.push(`${step} ${result}`);
    }
    assert.deepEqual(steps.slice(-4), ['permissions ok', 'permissions ok', 'identity ok', 'list ok']);
  });
});
