import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Catalogue } from '../../src/simulator/catalogue.ts';
import { nodeName } from '../../src/simulator/world-facts.ts';
import type { KubeApiserver } from '../../test/rig/kube-apiserver.ts';
import { KubeControllerManager } from '../../test/rig/kube-controller-manager.ts';
import { MANAGED_BY, SERVICE_SELECTOR_ANNOTATION } from '../../src/model/federation.ts';
import type { Row } from '../harness/compare.ts';
import { peakRssMb } from '../harness/peak-rss.ts';
import { cpuMsOf } from '../harness/process-cpu.ts';
import { delaysOf } from '../harness/ready-changes.ts';
import type { ReadyChange } from '../harness/ready-changes.ts';
import { limit } from '../harness/report.ts';
import type { Goal, Report } from '../harness/report.ts';
import { BenchServer } from '../harness/server.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { now } from '../harness/shared-clock.ts';
import { SliceObserver } from '../harness/slice-observer.ts';
import { quantile } from '../harness/statistics.ts';
import { TappedDaemon } from '../harness/tapped-daemon.ts';
import { podPairs, putAll } from '../servers/real-data.ts';
import { serviceWorld } from '../servers/service-world.ts';
import { apiserver } from './s1-pods-first-sync.ts';

const OURS = 'fedsyncd';
const PEER = 'kube-controller-manager';
const CLUSTERS = 5;
/** Changes a second: what leaves the machine time, and what fills it. */
const CALM = { rate: 50, ms: 5000 };
const BUSY = { rate: 300, ms: 10_000 };
const LEAD_MS = 1500;
const SETTLE_MS = 2000;
/** At once: the API server is not to be the measure. */
const CREATORS = 4;

/** Some seconds with one rate of changes. */
interface Phase {
  readonly p50: number;
  readonly p99: number;
  readonly changesPerSecond: number;
  readonly superseded: number;
  readonly lost: number;
  readonly wallMs: number;
  readonly writes: number;
  readonly cpuMs: number;
  /** Cores that the API server used. */
  readonly serverCores: number;
}

interface Measured {
  readonly row: Row;
  readonly calm: Phase;
  readonly busy: Phase;
}

/** What is measured: who writes slices, who makes the changes, and who sees both. */
interface Scene {
  readonly name: string;
  readonly pid: number;
  readonly server: KubeApiserver;
  readonly changer: BenchServer<unknown>;
  readonly observer: SliceObserver;
}

/** S17: from a change in a remote to the slice in the local API server. */
export async function changeToWrite(settings: Settings): Promise<Report> {
  const services = size(settings, 100, 20);
  const ours = await measureOurs(settings, services);
  const peer = await measurePeer(settings, services * CLUSTERS);
  const all = peer === undefined ? [ours] : [ours, peer];
  const ratioOf = (pick: (measured: Measured) => number): number =>
    peer === undefined ? Number.NaN : pick(ours) / pick(peer);
  const ratio = (what: string, goal: number, pick: (measured: Measured) => number): Goal =>
    limit(`${what}, ours / ${PEER}`, goal, ratioOf(pick), 'x');
  return {
    id: 'S17',
    title: 'from a change in a remote to the accepted local write',
    setting: `Pods become ready or not ready in ${CLUSTERS} simulated remote clusters of ${services} services with 10 pods each; ${services} federated services, ${services * CLUSTERS} slices, on a real kube-apiserver. From the remote's commit until a watch of the local slices shows it, first with ${CALM.rate} and then with ${BUSY.rate} changes a second; the row is for the latter. The peer is Kubernetes' own EndpointSlice controller in the real kube-controller-manager, with as many services and pods of its own cluster: from the answer to the write of a pod's status until a watch of its slices shows it. Its API server takes the writes of pods too, ours takes slices alone, so the peer has less of the machine. All processes share its cores.`,
    per: 'write',
    rows: all.map(({ row }) => row),
    goals: [
      limit(`p99 at ${BUSY.rate} changes a second`, 1000, ours.busy.p99, 'ms'),
      limit('changes that never arrived', 0, ours.calm.lost + ours.busy.lost, ''),
      ratio(`p50 at ${CALM.rate} changes a second`, 1.5, ({ calm }) => calm.p50),
      ratio(`p99 at ${CALM.rate} changes a second`, 1, ({ calm }) => calm.p99),
      ratio(`p50 at ${BUSY.rate} changes a second`, 1, ({ busy }) => busy.p50),
      ratio(`p99 at ${BUSY.rate} changes a second`, 1, ({ busy }) => busy.p99),
      ratio('CPU per write', 1, ({ busy }) => busy.cpuMs / busy.writes),
    ],
    notes: all.flatMap(({ row, calm, busy }) => [phaseNote(row.name, calm), phaseNote(row.name, busy)]),
  };
}

function phaseNote(name: string, phase: Phase): string {
  const { p50, p99, changesPerSecond, superseded, lost, wallMs, writes, cpuMs, serverCores } = phase;
  const share = (cores: number): string => `${(cores * 100).toFixed(0)} % of a core`;
  return `${name} at ${changesPerSecond.toFixed(0)} changes a second: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${((writes * 1000) / wallMs).toFixed(0)} writes a second; ${superseded} changes were undone before they were written, or undid one; ${lost} did not arrive within ${SETTLE_MS / 1000} s of the end. It took ${share(cpuMs / wallMs)}, its kube-apiserver ${share(serverCores)}.`;
}

async function measureOurs(settings: Settings, services: number): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-bench-'));
  const server = await apiserver(settings);
  try {
    const catalogue = Catalogue.for(services);
    await createServices(server, services, catalogue, (app) => ({
      metadata: { annotations: { [SERVICE_SELECTOR_ANNOTATION]: `app == '${app}'` } },
    }));
    using observer = await SliceObserver.start(server, MANAGED_BY);
    const endpoints = services * 10;
    await using changer = await BenchServer.start('servers/federated-fleet.ts', {
      clusters: CLUSTERS,
      endpoints,
      services,
      directory,
    });
    const flags = [
      '--controllers=federated-services',
      '--leader-elect=false',
      `--kubeconfig=${await server.kubeconfigFile()}`,
    ];
    await using daemon = await TappedDaemon.start(directory, flags, false);
    await complete(observer, endpoints * CLUSTERS);
    return await measure(settings, { name: OURS, pid: daemon.pid, server, changer, observer });
  } finally {
    await server.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}

/** undefined where there is no kube-controller-manager. */
async function measurePeer(settings: Settings, services: number): Promise<Measured | undefined> {
  const { 'kube-controller-manager': binary } = settings.servers;
  if (binary === undefined) return undefined;
  const server = await apiserver(settings);
  try {
    const world = serviceWorld(services);
    await inParallel(
      Array.from({ length: world.facts.nodes }, (_, node) => nodeName(node)),
      (name) => created(server, '/api/v1/nodes', { metadata: { name } }),
    );
    await createServices(server, services, world.facts.catalogue, (app) => ({
      spec: { selector: { app } },
    }));
    await putAll(server.etcd.client, podPairs(world));
    using observer = await SliceObserver.start(server, 'endpointslice-controller.k8s.io');
    const manager = await KubeControllerManager.start(server, {
      binary,
      controllers: ['endpointslice-controller'],
    });
    try {
      await using changer = await BenchServer.start('servers/pod-changer.ts', {
        url: server.url,
        ca: server.ca,
        token: server.adminToken,
        services,
      });
      await complete(observer, world.deployments.count);
      return await measure(settings, { name: PEER, pid: manager.pid, server, changer, observer });
    } finally {
      await manager.dispose();
    }
  } finally {
    await server.dispose();
  }
}

async function measure(settings: Settings, scene: Scene): Promise<Measured> {
  const { name, pid, changer, observer } = scene;
  observer.take();
  const calm = await phase(scene, CALM.rate, size(settings, CALM.ms, CALM.ms / 2));
  const busy = await phase(scene, BUSY.rate, size(settings, BUSY.ms, BUSY.ms / 2));
  changer.send({ rate: 0 });
  // What was committed last is still on its way.
  await delay(SETTLE_MS);
  const changes = await changer.ask<ReadyChange[]>('changes');
  const seen = observer.take();
  const done = ({ window, ...counted }: PhaseWindow): Phase => {
    const { times, superseded, lost } = delaysOf(changes, seen, window);
    const changesPerSecond = ((times.length + superseded + lost) * 1000) / counted.wallMs;
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
    return { ...counted, p50, p99, changesPerSecond, superseded, lost };
  };
  const { wallMs, cpuMs, writes } = busy;
  const none = Number.NaN;
  const row: Row = {
    name,
    runs: 1,
    wallMs,
    spread: [wallMs, wallMs],
    processMs: none,
    cpuMs,
    totalCpuMs: none,
    maxRssMb: peakRssMb(pid),
    gcMaxMs: none,
    objects: writes,
    heapMb: none,
  };
  return { row, calm: done(calm), busy: done(busy) };
}

interface PhaseWindow extends Pick<Phase, 'wallMs' | 'writes' | 'cpuMs' | 'serverCores'> {
  readonly window: readonly [number, number];
}

async function phase(
  { pid, server, changer, observer }: Scene,
  rate: number,
  ms: number,
): Promise<PhaseWindow> {
  changer.send({ rate });
  await delay(LEAD_MS);
  const before = { writes: observer.writes, cpuMs: cpuMsOf(pid), serverMs: cpuMsOf(server.pid) };
  const began = now();
  await delay(ms);
  const ended = now();
  const wallMs = ended - began;
  return {
    window: [began, ended],
    wallMs,
    writes: observer.writes - before.writes,
    cpuMs: cpuMsOf(pid) - before.cpuMs,
    serverCores: (cpuMsOf(server.pid) - before.serverMs) / wallMs,
  };
}

/** Resolves when so many endpoints are written and nothing more comes. */
async function complete(observer: SliceObserver, endpoints: number): Promise<void> {
  const deadline = now() + 60_000;
  while (observer.endpoints < endpoints || now() - observer.last < SETTLE_MS) {
    if (now() > deadline) throw new Error(`${observer.endpoints} of ${endpoints} endpoints after a minute`);
    await delay(50);
  }
}

async function createServices(
  server: KubeApiserver,
  count: number,
  catalogue: Catalogue,
  more: (app: string) => { readonly metadata?: object; readonly spec?: object },
): Promise<void> {
  await inParallel(catalogue.namespaces, (name) =>
    created(server, '/api/v1/namespaces', { metadata: { name } }),
  );
  const workloads = Array.from({ length: count }, (_, i) => catalogue.workload(i));
  await inParallel(workloads, ({ namespace, name }) => {
    const { metadata, spec } = more(name);
    const ports = [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'metrics', port: 9102, targetPort: 9102 },
    ];
    return created(server, `/api/v1/namespaces/${namespace}/services`, {
      metadata: { name, ...metadata },
      spec: { ports, ...spec },
    });
  });
}

async function inParallel<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await each(item);
  };
  await Promise.all(Array.from({ length: CREATORS }, worker));
}

async function created(server: KubeApiserver, path: string, object: object): Promise<void> {
  const { status, body } = await server.call('POST', path, object);
  if (status !== 201 && status !== 409) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
}
