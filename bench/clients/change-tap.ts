/**
 * Loaded with `--import` in front of the real daemon: a listener of its index that writes down when it was told what.
 * The harness asks for the record, and for what the process used, by IPC.
 */
import { MergedIndex } from '../../src/index/merged-index.ts';
import { peakRssMb } from '../harness/peak-rss.ts';
import { now } from '../harness/shared-clock.ts';

export interface TapReport {
  readonly arrivals: readonly (readonly [key: string, at: number])[];
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly maxRssMb: number;
}

let arrivals: [string, number][] = [];
let recording = false;
const tapped = new WeakSet<MergedIndex>();
const { open } = MergedIndex.prototype;
MergedIndex.prototype.open = function openTapped(this: MergedIndex, cluster: string) {
  if (!tapped.has(this)) {
    tapped.add(this);
    this.onCommit((changes) => {
      if (!recording) return;
      const at = now();
      for (const { op, kind, cluster: from, namespace, name } of changes) {
        if (op === 'put' && kind === 'WorkloadEndpoint') arrivals.push([`${from} ${namespace} ${name}`, at]);
      }
    });
  }
  return open.call(this, cluster);
};

process.on('message', (message) => {
  if (message === 'record') recording = true;
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const report: TapReport = {
    arrivals,
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    rssMb: process.memoryUsage.rss() / 1e6,
    maxRssMb: peakRssMb(),
  };
  arrivals = [];
  process.send?.(report);
});
process.channel?.unref();
