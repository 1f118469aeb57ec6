import type { ExplainedCandidate, ServiceExplainDocument } from '../contract/controller-documents.ts';
import { printable } from '../model/printable.ts';
import { alignedTable } from './table.ts';

/** The text of `fedsyncd explain NAMESPACE/SERVICE`. */
export function explainServiceText(document: ServiceExplainDocument): string {
  const { namespace, name, state, message, selector, candidates, objects } = document;
  const parts = [line(`${namespace}/${name} is ${state}${message === state ? '' : `: ${message}`}`)];
  if (selector !== null) parts.push(line(`  Selector: ${selector}`));
  const shown = told(candidates);
  parts.push(section('Candidates', shown.map(candidateRow), CANDIDATE_HEAD));
  const others = candidates.length - shown.length;
  if (others > 0) parts.push(line(`    … and ${others} that the selector does not match (all with -o json)`));
  for (const { cluster, service, leftOut } of candidates) {
    for (const { reason, count, examples } of leftOut) {
      const named =
        examples.length === 0 ? '' : ` (${examples.join(', ')}${count > examples.length ? ', …' : ''})`;
      parts.push(line(`  Left out of ${shownCluster(cluster)} ${service}: ${count} ${reason}${named}`));
    }
  }
  for (const { cluster, status, reason } of document.notInSync) {
    parts.push(
      line(`  Not in sync: cluster ${cluster} is ${status} (${reason}); its endpoints stay as they were`),
    );
  }
  for (const { cluster, why } of document.held)
    parts.push(line(`  Left as it is: cluster ${cluster}: ${why}`));
  for (const warning of document.warnings) parts.push(line(`  Warning: ${warning}`));
  const rows = objects.map((object) => [
    `    ${object.name}`,
    shownCluster(object.cluster),
    object.family,
    object.ports.join(', ') || 'all',
    `${object.ready}/${object.endpoints}`,
  ]);
  parts.push(section('Written', rows, OBJECT_HEAD), writerText(document));
  return parts.join('');
}

const MAX_ROWS = 15;
const MAX_UNMATCHED = 5;
const CANDIDATE_HEAD = ['    CLUSTER', 'SERVICE', 'MATCHED', 'PORTS', 'READY', 'WHY'] as const;
const OBJECT_HEAD = ['    NAME', 'CLUSTER', 'FAMILY', 'PORTS', 'READY'] as const;

/** Those that do not match are many and all alike: a few show what was looked at. */
function told(candidates: readonly ExplainedCandidate[]): readonly ExplainedCandidate[] {
  if (candidates.length <= MAX_ROWS) return candidates;
  const unmatched = candidates.filter(({ matched }) => !matched);
  return [...candidates.filter(({ matched }) => matched), ...unmatched.slice(0, MAX_UNMATCHED)];
}

function candidateRow(candidate: ExplainedCandidate): readonly string[] {
  const { cluster, service, matched, ports, taken, ready, why, missingPorts } = candidate;
  const missing = missingPorts.length === 0 ? '' : `no port ${missingPorts.join(', ')}`;
  return [
    `    ${shownCluster(cluster)}`,
    service,
    matched ? 'yes' : 'no',
    ports.join(', ') || '-',
    matched ? `${ready}/${taken}` : '-',
    [why, missing].filter((text) => text !== '').join('; ') || '-',
  ];
}

function section(title: string, rows: readonly (readonly string[])[], head: readonly string[]): string {
  if (rows.length === 0) return line(`  ${title}: none`);
  return line(`  ${title}:`) + alignedTable([head, ...rows]);
}

function writerText({ writer, pending }: ServiceExplainDocument): string {
  const { lastWrite, problem, mayWrite, holder, dryRun, state } = writer;
  const waiting = pending.length === 0 ? 'nothing to write' : `${pending.length} write(s) to do`;
  const who = dryRun ? 'dry run' : mayWrite ? 'this daemon writes' : `${holder ?? 'nobody'} holds the Lease`;
  return [
    line(`  Writer: ${state}, ${waiting}; ${who}`),
    lastWrite === null ? '' : line(`  Last write: ${lastWrite.time}: ${lastWrite.what}`),
    problem === null ? '' : line(`  Problem: ${problem}`),
  ].join('');
}

function shownCluster(cluster: string | null): string {
  return cluster ?? '(local)';
}

function line(text: string): string {
  return `${printable(text)}\n`;
}
