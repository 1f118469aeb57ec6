import { readFileSync } from 'node:fs';

/**
 * The most memory that a process has had resident, this one unless told, in megabytes; NaN where that cannot be told of another.
 * Not `ru_maxrss` where it can be helped: Linux carries that over from the process that forked, and the harness holds the data
 * that it loads.
 */
export function peakRssMb(pid?: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid ?? 'self'}/status`, 'utf8'))?.[1];
    if (kilobytes !== undefined) return (Number(kilobytes) * 1024) / 1e6;
  } catch {
    // Not Linux.
  }
  return pid === undefined ? (process.resourceUsage().maxRSS * 1024) / 1e6 : Number.NaN;
}
