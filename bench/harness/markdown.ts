import type { Row } from './compare.ts';
import { isMet } from './report.ts';
import type { Goal, Report } from './report.ts';

/** One workload as Markdown: its rows and its goals. */
export function reportMarkdown(report: Report): string {
  const { id, title, setting, rows, goals, notes, per } = report;
  return [
    `### ${id}: ${title}`,
    '',
    setting,
    '',
    ...(rows.length === 0 ? [] : [rowTable(rows, per), '']),
    ...(goals.length === 0 ? [] : [goalTable(goals), '']),
    ...notes.map((note) => `- ${note}`),
    ...(notes.length === 0 ? [] : ['']),
  ].join('\n');
}

function rowTable(rows: readonly Row[], per: string): string {
  const head = `| client | wall | with process start | CPU | CPU per ${per} | max RSS | longest GC pause | runs |`;
  const lines = rows.map((row) => {
    const each = (row.cpuMs * 1000) / row.objects;
    const cells = [
      row.name,
      `${milliseconds(row.wallMs)} (${milliseconds(row.spread[0])}–${milliseconds(row.spread[1])})`,
      milliseconds(row.processMs),
      milliseconds(row.cpuMs),
      Number.isFinite(each) ? `${each.toFixed(1)} us` : '',
      `${row.maxRssMb.toFixed(0)} MB`,
      Number.isNaN(row.gcMaxMs) ? '' : `${row.gcMaxMs.toFixed(1)} ms`,
      String(row.runs),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [head, '|---|---|---|---|---|---|---|---|', ...lines].join('\n');
}

function goalTable(goals: readonly Goal[]): string {
  const lines = goals.map((goal) => {
    const { what, measured, unit } = goal;
    const sign = goal.better === 'more' ? '≥' : '≤';
    const value = Number.isNaN(measured) ? 'not measured' : `${figure(measured)} ${unit}`;
    return `| ${what} | ${sign} ${figure(goal.goal)} ${unit} | ${value} | ${isMet(goal) ? 'met' : '**missed**'} |`;
  });
  return ['| goal | wanted | measured | |', '|---|---|---|---|', ...lines].join('\n');
}

/** All goals of all workloads as plain text for a terminal. */
export function summaryText(reports: readonly Report[]): string {
  return reports
    .flatMap(({ id, goals }) =>
      goals.map((goal) => {
        const sign = goal.better === 'more' ? '>=' : '<=';
        const value = `${figure(goal.measured)} ${goal.unit}`;
        const verdict = isMet(goal) ? 'met   ' : 'MISSED';
        return `${id.padEnd(4)} ${verdict} ${goal.what}: ${value} (${sign} ${figure(goal.goal)} ${goal.unit})`;
      }),
    )
    .join('\n');
}

function milliseconds(value: number): string {
  if (Number.isNaN(value)) return '';
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(0)} ms`;
}

function figure(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value === 0 || Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3).replace(/\.?0+$/, '');
}
