import { readFileSync } from 'node:fs';

/**
 * The most memory that this process has had resident, in megabytes. Not `ru_maxrss` where it can be helped: Linux carries that over
 * from the process that forked, and the harness holds the data that it loads.
 */
export function peakRssMb(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return (Number(kilobytes) * 1024) / 1e6;
  } catch {
    // Not Linux.
  }
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
