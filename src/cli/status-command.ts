import type { ClusterDocument, StatusDocument } from '../contract/ops-documents.ts';
import { printable, printableJson } from '../model/printable.ts';
import type { CommandContext } from './command.ts';
import { DaemonUnreachable, askDaemon, whileAsking } from './daemon-client.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { alignedTable, formatAge } from './table.ts';

/** `fedsyncd status`: exit code 1 while the daemon is not ready or any cluster is not in sync. */
export async function statusCommand({ terminal, values }: CommandContext): Promise<ExitCode> {
  return whileAsking(terminal, async () => {
    const status = asStatus(await askDaemon(values['ops-address'], '/status', values['request-timeout']));
    terminal.out(values.output === 'json' ? printableJson(status) : statusText(status));
    const well = status.ready && status.clusters.every((cluster) => cluster.status === 'InSync');
    return well ? EXIT.ok : EXIT.finding;
  });
}

/** The answer of `/status`; throws DaemonUnreachable where it is something else. */
export function asStatus(answer: unknown): StatusDocument {
  const status = answer as Partial<StatusDocument> | null;
  if (!Array.isArray(status?.clusters) || !Array.isArray(status.sources)) {
    throw new DaemonUnreachable('the answer is not a status; is this the ops address of fedsyncd?');
  }
  return status as StatusDocument;
}

const HEADER = ['NAME', 'TYPE', 'STATUS', 'REASON', 'AGE', 'ENDPOINTS', 'SERVICES', 'MESSAGE'];

/** The table of clusters, then what else an operator has to know. */
export function statusText(status: StatusDocument): string {
  const inSync = status.clusters.filter((cluster) => cluster.status === 'InSync').length;
  const facts = [
    `${inSync} of ${status.clusters.length} in sync`,
    status.ready ? 'ready' : `not ready (waiting for ${status.waitingFor.join(', ')})`,
    `index revision ${status.revision}`,
    `fedsyncd ${status.version}`,
  ];
  const problems = [
    ...status.sources.flatMap(({ name, reason, message, rejected }) => [
      ...(reason === null ? [] : [`Source ${name}: ${reason}: ${message}`]),
      ...rejected.map(({ origin, problem }) => `Source ${name}: rejected ${origin}: ${problem}`),
    ]),
    ...status.conflicts.map(
      ({ name, used, ignored }) => `Conflict: ${name}: ${used} is used, ${ignored} is ignored`,
    ),
    ...status.overlaps.map(
      (o) => `Overlap: ${o.cluster}/${o.pool} ${o.cidr} and ${o.otherCluster}/${o.otherPool} ${o.otherCidr}`,
    ),
  ];
  return [
    status.clusters.length === 0
      ? 'No remote cluster is configured.\n'
      : alignedTable([HEADER, ...status.clusters.map(clusterRow)]),
    ...problems.map((line) => `${printable(line)}\n`),
    `${printable(facts.join(', '))}\n`,
  ].join('');
}

function clusterRow(cluster: ClusterDocument): readonly string[] {
  const { counts } = cluster;
  const age = cluster.dataAge === null ? '-' : formatAge(cluster.dataAge);
  const skipped = counts.skipped === 0 ? [] : [`${counts.skipped} object(s) skipped`];
  return [
    cluster.name,
    cluster.datastoreType ?? '-',
    cluster.status,
    cluster.reason,
    cluster.stale ? `${age} (stale)` : age,
    String(counts.workloadEndpoints + counts.hostEndpoints),
    counts.services === null ? '-' : String(counts.services),
    [cluster.message, ...skipped, ...cluster.notes].join('; '),
  ];
}
