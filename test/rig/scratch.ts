import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const hourMs = 3_600_000;
let swept: Promise<void> | undefined;

/** A new directory in the temporary one; whoever asks for it removes it. The first call removes what killed runs left there. */
export async function scratchDirectory(kind: string): Promise<string> {
  swept ??= sweep();
  await swept;
  return mkdtemp(join(tmpdir(), `fedsyncd-rig-${kind}-${process.pid}-`));
}

/** An hour old as well: a process that cannot be seen from here may share this directory. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^fedsyncd-rig-[a-z-]+-(\d+)-\w{6}$/.exec(name)?.[1];
    if (pid === undefined || runs(Number(pid))) continue;
    const directory = join(tmpdir(), name);
    const found = await stat(directory).catch(() => undefined);
    if (found !== undefined && performance.timeOrigin - found.mtimeMs > hourMs) {
      await rm(directory, { recursive: true, force: true }).catch(() => {});
    }
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
