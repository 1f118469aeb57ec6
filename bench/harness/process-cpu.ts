import { readFileSync } from 'node:fs';

/** User and system time that a process has used, in milliseconds, in steps of ten; NaN where the system does not tell. */
export function cpuMsOf(pid: number): number {
  try {
    // In front stands the name of the program, in brackets: it may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}
