import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApiserver } from '../../test/rig/kube-apiserver.ts';
import type { ApiAccess } from '../harness/api-reader.ts';
import { script } from '../harness/build.ts';
import { rowOf } from '../harness/compare.ts';
import type { Row } from '../harness/compare.ts';
import { feedDoor } from '../harness/feed-door.ts';
import { peakRssMb } from '../harness/peak-rss.ts';
import { cpuMsOf } from '../harness/process-cpu.ts';
import { limit, ratio, times } from '../harness/report.ts';
import type { Goal, Report } from '../harness/report.ts';
import { runClient } from '../harness/run-client.ts';
import type { Run } from '../harness/run-client.ts';
import { BenchServer } from '../harness/server.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { median } from '../harness/statistics.ts';
import { TappedDaemon } from '../harness/tapped-daemon.ts';
import { putAll } from '../servers/real-data.ts';
import { asEndpoints, copyPairs, ENDPOINT_CRD, shownBy } from '../servers/real-copies.ts';
import type { ShownEndpoint } from '../servers/real-copies.ts';
import { apiserver } from './s1-pods-first-sync.ts';

const OURS = 'fedsyncd';
const PEER = 'kube-apiserver';
const ENDPOINTS = '/apis/projectcalico.org/v3/workloadendpoints';
/** What a server does behind an answer, such as collecting garbage, belongs to it. */
const AFTERMATH_MS = 300;

/** One way to ask for a list. */
interface Question {
  readonly what: string;
  readonly path: string;
  readonly pageSize: number;
  readonly gzip: boolean;
  readonly maxRuns: number;
}

const WHOLE: Question = { what: 'whole list', path: ENDPOINTS, pageSize: 0, gzip: false, maxRuns: 3 };
const PAGES: Question = { ...WHOLE, what: 'pages of 500', pageSize: 500, maxRuns: 2 };
const ZIPPED: Question = { ...WHOLE, what: 'whole list, gzip', gzip: true, maxRuns: 2 };
/** Of a built-in type; ours is the whole list of endpoints. */
const BUILT_IN: Question = { ...WHOLE, what: 'whole list of a built-in type', path: '/api/v1/endpoints' };
const SLICES: Question = {
  ...WHOLE,
  what: 'endpointslices',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
};
const QUESTIONS: readonly Question[] = [WHOLE, PAGES, ZIPPED, BUILT_IN, SLICES];

interface Side {
  readonly name: string;
  readonly access: ApiAccess;
  readonly pid: number;
  readonly storePid: number | undefined;
}

interface Sample {
  readonly run: Run;
  readonly cpuMs: number;
  readonly storeCpuMs: number;
  readonly maxRssMb: number;
}

/** All samples of one side and question. */
interface Measured {
  readonly side: Side;
  readonly question: Question;
  readonly objects: number;
  readonly samples: readonly Sample[];
}

/** S19: lists of the feed beside those of a real API server that serves the same objects. */
export async function feedList(settings: Settings): Promise<Report> {
  const clusters = size(settings, 10, 4);
  const endpoints = size(settings, 10_000, 5000);
  const all = await measure(settings, { clusters, endpoints, services: endpoints / 10 });
  const rows = all.map(row);
  const cpu = ({ what }: Question, own = what): Goal =>
    ratio(
      `server CPU, ${what}, ${PEER} / ours`,
      4,
      times(rows, (r) => r.cpuMs, [`${PEER}, ${what}`, `${OURS}, ${own}`]),
    );
  const whole = all.find(({ side, question }) => side.name === OURS && question === WHOLE);
  return {
    id: 'S19',
    title: 'lists of the feed beside a real kube-apiserver',
    setting: `${clusters * endpoints} WorkloadEndpoints and ${(clusters * endpoints) / 10} EndpointSlices of 10 endpoints each, of ${clusters} simulated clusters in the real daemon; and the documents that its merged view shows, byte for byte but for versions, in a real kube-apiserver. There WorkloadEndpoints are custom resources, whose schema leaves the spec open; EndpointSlices are a built-in type. As a built-in type of the endpoints' size it has ${clusters * endpoints} core/v1 Endpoints too, with the same metadata, one address each and as many bytes; they stand against our whole list. Both servers run on, and were asked once before. They answer the same client in JSON, over HTTP/1.1 and TLS, to a token, on a connection that is there already. **Rows are of servers**: CPU and memory are those of the server's process, without the etcd of kube-apiserver; wall is the client's, from the request to the last byte. Whole lists are asked for with \`resourceVersion=0\`, as informers do, pages without.`,
    per: 'object',
    rows,
    goals: [
      cpu(WHOLE),
      limit(
        'first byte of the whole list',
        20,
        whole === undefined ? Number.NaN : extra(whole, 'firstByteMs'),
        'ms',
      ),
      cpu(PAGES),
      cpu(ZIPPED),
    ],
    notes: [...all.map(note), noteOfBuiltIn(cpu(BUILT_IN, WHOLE.what), cpu(SLICES))],
  };
}

/** No goals: Calico's endpoints are custom resources wherever an API server has them. */
function noteOfBuiltIn(whole: Goal, slices: Goal): string {
  return `Against built-in types, which an API server encodes from structs: its CPU is ${whole.measured.toFixed(2)} x ours for as many objects of the same size, and ${slices.measured.toFixed(2)} x ours for the EndpointSlices.`;
}

/** Of the server, but for the time that the client waited. */
function row(measured: Measured): Row {
  const { objects, samples } = measured;
  const none = Number.NaN;
  const runs = samples.map(({ run, cpuMs, maxRssMb }): Run => {
    return { ...run, cpuMs, maxRssMb, objects, processMs: none, gcMaxMs: none };
  });
  return rowOf(nameOf(measured), runs);
}

function note(measured: Measured): string {
  const { side, objects, samples } = measured;
  const bytes = extra(measured, 'bytes');
  const store = median(samples.map(({ cpuMs, storeCpuMs }) => cpuMs + storeCpuMs));
  const withStore = side.storePid === undefined ? '' : `; CPU with its etcd ${store.toFixed(0)} ms`;
  return `${nameOf(measured)}: first byte after ${extra(measured, 'firstByteMs').toFixed(1)} ms, ${(bytes / 1e6).toFixed(1)} MB, ${(bytes / objects).toFixed(0)} B for each object${withStore}.`;
}

function extra({ samples }: Measured, name: string): number {
  return median(samples.map(({ run }) => run.extra?.[name] ?? Number.NaN));
}

async function measure(
  settings: Settings,
  fleet: Readonly<Record<'clusters' | 'endpoints' | 'services', number>>,
): Promise<Measured[]> {
  const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-bench-'));
  const server = await apiserver(settings);
  try {
    const rccs = join(directory, 'rcc');
    const door = await feedDoor(directory);
    const work = { ...fleet, directory: rccs, styles: ['kubernetes'] };
    await using _ = await BenchServer.start('servers/fleet.ts', work, ['--max-old-space-size=8000']);
    await using daemon = await TappedDaemon.start(rccs, door.flags, false);
    await daemon.inSync(fleet.clusters, 120_000);
    await copyTo(server, door.access);
    const sides: readonly Side[] = [
      { name: OURS, access: door.access, pid: daemon.pid, storePid: undefined },
      {
        name: PEER,
        access: { url: server.url, ca: server.ca, token: server.adminToken },
        pid: server.pid,
        storePid: server.etcd.pid,
      },
    ];
    return await inTurns(sides, fleet.clusters * fleet.endpoints, settings.runs);
  } finally {
    await server.dispose();
    await rm(directory, { recursive: true, force: true });
  }
}

async function copyTo(server: KubeApiserver, feed: ApiAccess): Promise<void> {
  const client = server.etcd.client;
  const endpoints = (await shownBy(feed, ENDPOINTS)) as ShownEndpoint[];
  await putAll(client, copyPairs(endpoints, '/registry/projectcalico.org/workloadendpoints/'));
  await putAll(client, copyPairs(endpoints.map(asEndpoints), '/registry/services/endpoints/'));
  await putAll(client, copyPairs(await shownBy(feed, SLICES.path), '/registry/endpointslices/'));
  await server.apply({ text: ENDPOINT_CRD });
}

/** Whatever disturbs the machine disturbs both sides alike. */
async function inTurns(sides: readonly Side[], endpoints: number, runs: number): Promise<Measured[]> {
  const all = QUESTIONS.flatMap((question) =>
    sides
      .filter(({ name }) => question !== BUILT_IN || name === PEER)
      .map((side) => {
        const objects = question === SLICES ? endpoints / 10 : endpoints;
        return { side, question, objects, samples: [] as Sample[] };
      }),
  );
  for (const one of all) if (isPlain(one)) await warm(one);
  for (let round = 0; round < runs; round++) {
    for (const one of all) {
      if (round >= one.question.maxRuns) continue;
      const sample = await ask(one);
      one.samples.push(sample);
      console.error(
        `  ${nameOf(one)}: ${Math.round(sample.run.wallMs)} ms, server's CPU ${Math.round(sample.cpuMs)} ms`,
      );
    }
  }
  return all;
}

/** The others ask for the same objects in another way. */
function isPlain({ question }: Pick<Measured, 'question'>): boolean {
  return question.pageSize === 0 && !question.gzip;
}

/** The first list, as soon as all objects are in it. A custom resource is not served at once. */
async function warm(one: Omit<Measured, 'samples'>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await ask(one);
      return;
    } catch (error) {
      if (attempt === 20) throw error;
    }
    await delay(1000);
  }
}

/** @throws Error where it is not answered with all objects. */
async function ask(one: Omit<Measured, 'samples'>): Promise<Sample> {
  const { access, pid, storePid } = one.side;
  const { path, pageSize, gzip } = one.question;
  const store = (): number => (storePid === undefined ? 0 : cpuMsOf(storePid));
  const before = [cpuMsOf(pid), store()] as const;
  const run = await runClient(script('clients/list-read.ts', { access, path, pageSize, gzip }));
  if (run.objects !== one.objects) {
    throw new Error(`${nameOf(one)}: ${run.objects} of ${one.objects} objects`);
  }
  await delay(AFTERMATH_MS);
  return {
    run,
    cpuMs: cpuMsOf(pid) - before[0],
    storeCpuMs: store() - before[1],
    maxRssMb: peakRssMb(pid),
  };
}

function nameOf({ side, question }: Omit<Measured, 'samples'>): string {
  return `${side.name}, ${question.what}`;
}
