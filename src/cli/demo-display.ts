import { readAddress } from '../config/option-value.ts';
import type { StatusDocument } from '../contract/ops-documents.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Fleet } from '../simulator/fleet.ts';
import type { Terminal } from './command.ts';
import { DaemonUnreachable, askDaemon } from './daemon-client.ts';
import { asStatus } from './status-command.ts';
import { alignedTable, formatAge } from './table.ts';

export interface DemoStage {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly opsAddress: string;
  readonly fleet: Fleet;
  readonly directory: string;
  /** The cluster that is switched off at this moment. */
  readonly switchedOff: () => string | undefined;
  /** `namespace/name` of the federated services of the simulated local cluster. */
  readonly federated: readonly string[];
  /** Path of a kubeconfig for the feed; undefined = there is none. */
  readonly kubeconfig: string | undefined;
}

const REFRESH_MS = 1000;
const ASK_TIMEOUT_MS = 5000;
/** Where nobody looks at a terminal: one line that often. */
const LINE_EVERY_MS = 5000;

interface Reading {
  readonly status: StatusDocument;
  /** Changes of the merged index a second. */
  readonly rate: number;
}

/**
 * Shows what the daemon says until the signal aborts: a terminal is redrawn every second; anything else gets the
 * whole picture when the first lists are complete, then a line from time to time.
 */
export async function showDemo(stage: DemoStage, signal: AbortSignal): Promise<void> {
  const { terminal, clock } = stage;
  terminal.out(
    `Starting: ${stage.fleet.clusters.length} simulated clusters, a daemon at ${stage.opsAddress}.\n\n`,
  );
  let before: { readonly at: number; readonly revision: number } | undefined;
  let nextLine = 0;
  while (!signal.aborted) {
    const status = await read(stage);
    const at = clock.monotonic();
    if (status !== undefined && !signal.aborted) {
      const seconds = before === undefined ? 0 : (at - before.at) / 1000;
      const rate = before === undefined || seconds === 0 ? 0 : (status.revision - before.revision) / seconds;
      before = { at, revision: status.revision };
      if (terminal.interactive) {
        terminal.out(HOME + picture(stage, { status, rate }));
      } else if (nextLine > 0 && at >= nextLine) {
        terminal.out(summary(stage, { status, rate }));
        nextLine = at + LINE_EVERY_MS;
      } else if (nextLine === 0 && settled(status)) {
        terminal.out(picture(stage, { status, rate }));
        nextLine = at + LINE_EVERY_MS;
      }
    }
    await clock.sleep(REFRESH_MS, signal).catch(() => undefined);
  }
  terminal.out('\nThe demo is over; nothing is left behind.\n');
}

async function read({ opsAddress }: DemoStage): Promise<StatusDocument | undefined> {
  try {
    return asStatus(await askDaemon(readAddress(opsAddress), '/status', ASK_TIMEOUT_MS));
  } catch (error) {
    if (error instanceof DaemonUnreachable) return undefined;
    throw error;
  }
}

function settled({ clusters }: StatusDocument): boolean {
  return clusters.length > 0 && clusters.every(({ status }) => status !== 'Connecting');
}

/** To the first line, then clear to the end of the screen: less flicker than clearing first. */
const HOME = '\u001b[H\u001b[J';

const HEADER = ['NAME', 'TYPE', 'STATUS', 'REASON', 'AGE', 'ENDPOINTS', 'SERVICES'];
const MAX_ROWS = 20;

function picture(stage: DemoStage, reading: Reading): string {
  const { clusters } = reading.status;
  const rows = clusters
    .slice(0, MAX_ROWS)
    .map(({ name, datastoreType, status, reason, dataAge, counts }) => [
      name,
      datastoreType ?? '-',
      status,
      reason,
      dataAge === null ? '-' : formatAge(dataAge),
      String(counts.workloadEndpoints + counts.hostEndpoints),
      counts.services === null ? '-' : String(counts.services),
    ]);
  const more = clusters.length > MAX_ROWS ? `… and ${clusters.length - MAX_ROWS} more\n` : '';
  return `${alignedTable([HEADER, ...rows])}${more}\n${summary(stage, reading)}\n${hints(stage)}`;
}

function summary({ switchedOff }: DemoStage, { status, rate }: Reading): string {
  const { clusters, revision } = status;
  const inSync = clusters.filter((cluster) => cluster.status === 'InSync').length;
  const endpoints = clusters.reduce(
    (sum, { counts }) => sum + counts.workloadEndpoints + counts.hostEndpoints,
    0,
  );
  const off = switchedOff();
  const outage = off === undefined ? '' : `Cluster ${off} is switched off for a while: its endpoints stay.\n`;
  return `${inSync} of ${clusters.length} clusters in sync, ${endpoints} endpoints, revision ${revision} (${rate.toFixed(0)} changes/s)\n${outage}`;
}

/** What to try next, with an address that exists at this moment. */
function hints({ opsAddress, fleet, directory, federated, kubeconfig }: DemoStage): string {
  const [endpoint] = fleet.clusters[0]?.world.expectedEndpoints() ?? [];
  const ip = endpoint?.addresses[0];
  return [
    'In another terminal:',
    `  npx fedsyncd status --ops-address ${opsAddress}`,
    ...(ip === undefined ? [] : [`  npx fedsyncd explain ${ip} --ops-address ${opsAddress}`]),
    ...federated.slice(0, 1).map((name) => `  npx fedsyncd explain ${name} --ops-address ${opsAddress}`),
    `  npx fedsyncd plan --ops-address ${opsAddress}`,
    `  npx fedsyncd check --rcc-directory ${directory}`,
    ...(kubeconfig === undefined
      ? []
      : [
          `  export KUBECONFIG=${kubeconfig}        (the feed: any Kubernetes client reads it)`,
          '  kubectl get remoteclusters',
          '  kubectl get workloadendpoints --all-namespaces --watch',
          '  kubectl get endpointslices --all-namespaces -l federation.tigera.io/remoteClusterName=east',
        ]),
    `  curl http://${opsAddress}/metrics        (page: http://${opsAddress}/)`,
    `The clusters are files in ${directory}: change or delete one and look.`,
    'Ctrl-C ends the demo.',
    '',
  ].join('\n');
}
