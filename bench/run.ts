/**
 * The benchmark: `node bench/run.ts [S1 …] [--quick] [--runs N] [--profile DIR]`. Without names all workloads. A table is printed,
 * `bench/results/` gets JSON, and a full run writes its part of `docs/performance.md` anew.
 */
import { parseArgs } from 'node:util';
import { findServers } from '../test/rig/find-servers.ts';
import { buildClients, profileClients } from './harness/build.ts';
import { checkFloors } from './harness/floors.ts';
import { summaryText } from './harness/markdown.ts';
import { writeResults } from './harness/results.ts';
import { NotHere, newSettings } from './harness/settings.ts';
import type { Report } from './harness/report.ts';
import { quickWorkloads, workloads } from './workloads/table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    profile: { type: 'string' },
  },
});
const names = positionals.map((name) => name.toUpperCase());
const unknown = names.find((name) => !workloads.has(name));
if (unknown !== undefined) {
  console.error(`no workload ${unknown}; there are ${[...workloads.keys()].join(', ')}`);
  process.exit(2);
}
const chosen = names.length > 0 ? names : values.quick ? quickWorkloads : [...workloads.keys()];

buildClients();
if (values.profile !== undefined) profileClients(values.profile);
const runs = Number(values.runs ?? (values.quick ? 3 : 5));
const settings = newSettings({ quick: values.quick, runs, servers: findServers() });
if (!settings.hasGo) console.error('no Go here: the Go peers are left out');

const reports: Report[] = [];
for (const name of chosen) {
  console.error(name);
  try {
    const report = await workloads.get(name)?.(settings);
    if (report === undefined) continue;
    reports.push(report);
    // After each: a long run that breaks off keeps what it has.
    writeResults(report, settings);
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
    console.error(`  left out: ${error.message}`);
  }
}
if (values.quick) console.log('Small sizes: the goals are for full ones and are shown for orientation.');
console.log(summaryText(reports));
if (values.quick) process.exitCode = checkFloors(reports) ? 0 : 1;
