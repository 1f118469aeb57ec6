import type { PlanDocument, PlannedEdit } from '../contract/controller-documents.ts';
import { printable, printableJson } from '../model/printable.ts';
import type { CommandContext } from './command.ts';
import { DaemonUnreachable, askDaemon, whileAsking } from './daemon-client.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';

/** `fedsyncd plan`: what the controller would write now. Exit code 1 where there is anything to write, or to be known. */
export async function planCommand({ terminal, values }: CommandContext): Promise<ExitCode> {
  const { without } = values;
  const path = without === undefined ? '/plan' : `/plan?without=${encodeURIComponent(without)}`;
  return whileAsking(terminal, async () => {
    const document = asPlan(await askDaemon(values['ops-address'], path, values['request-timeout']));
    terminal.out(values.output === 'json' ? printableJson(document) : planText(document));
    return document.edits.length + document.notes.length > 0 ? EXIT.finding : EXIT.ok;
  });
}

function asPlan(answer: unknown): PlanDocument {
  const document = answer as Partial<PlanDocument> | null;
  if (!Array.isArray(document?.edits) || !Array.isArray(document.notes)) {
    throw new DaemonUnreachable('the answer is no plan; is this the ops address of fedsyncd?');
  }
  return document as PlanDocument;
}

const SIGNS = { create: '+', update: '~', delete: '-', label: '~' } as const;

/** A diff: one block for each object, and a line that counts. */
export function planText(document: PlanDocument): string {
  const { edits, totals, held, notes, truncated, emptied, without } = document;
  const lines: string[] = [];
  if (without !== null) lines.push(`If the remote cluster ${without} were removed:`);
  for (const edit of edits) lines.push(...editLines(edit));
  if (truncated) lines.push('There are more; these are the first.');
  for (const { cluster, why } of held) lines.push(`Left as it is: the part of cluster ${cluster}: ${why}`);
  for (const note of notes) lines.push(`Note: ${note}`);
  for (const service of emptied) lines.push(`Warning: ${service} would have no ready endpoint any more.`);
  lines.push(summary(document));
  if (totals.create + totals.update + totals.delete + totals.label > 0) lines.push(writerLine(document));
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function editLines(edit: PlannedEdit): string[] {
  const { op, kind, namespace, name, service, cluster, rank, phase } = edit;
  const later = phase === 2 ? ', after the writes before it' : '';
  const from = cluster === null ? '' : `, cluster ${cluster}`;
  return [
    `${SIGNS[op]} ${op} ${kind} ${namespace}/${name} (service ${service}${from}; ${rank}${later})`,
    ...edit.added.map((text) => `    + ${text}`),
    ...edit.removed.map((text) => `    - ${text}`),
    ...edit.changed.map((text) => `    ~ ${text}`),
    ...(edit.more > 0 ? [`    … and ${edit.more} more`] : []),
    ...(edit.note === '' ? [] : [`    ${edit.note}`]),
  ];
}

function summary({ totals, services, held, notes }: PlanDocument): string {
  const { create, update, delete: remove, label } = totals;
  if (create + update + remove + label === 0) {
    const sure = held.length + notes.length === 0;
    return `Nothing to write: all ${services} federated services are as they ${sure ? 'should be' : 'can be now'}.`;
  }
  const labels = label > 0 ? `, ${label} to label` : '';
  return `${create} to create, ${update} to update, ${remove} to delete${labels}, for ${services} federated services.`;
}

function writerLine({ dryRun, mayWrite, holder, without }: PlanDocument): string {
  if (without !== null) return 'Nothing of this is written now.';
  if (dryRun) return 'This daemon runs with --dry-run and writes nothing.';
  if (mayWrite) return 'This daemon writes.';
  return holder === null ? 'Nobody holds the Lease now.' : `${holder} holds the Lease and writes.`;
}
