import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from './clock.ts';

export interface FileWatcherOptions {
  readonly clock: Clock;
  /** Between two looks at the files themselves: network file systems and some mounts send no events. */
  readonly pollMs: number;
  /** Events come in bursts (a mounted Secret is swapped in five steps): wait for this much silence. */
  readonly settleMs: number;
}

/** A burst of events is cut after so many times `settleMs`. */
const LONGEST_BURST = 10;

/**
 * Tells that some of a set of files (or directories) may have changed: content, replacement, the `..data` symlink
 * swap of mounted Secrets, removal, arrival. It compares no content: the caller reads again and decides.
 */
export class FileWatcher {
  readonly #options: FileWatcherOptions;
  readonly #onChange: () => void;
  #paths: readonly string[] = [];
  readonly #watchers = new Map<string, FSWatcher>();
  #signature = '';
  #cancelSettle: (() => void) | undefined;
  /** When the first event of a burst came, monotonic; undefined between bursts. */
  #burstSince: number | undefined;
  #closed = false;
  #generation = 0;

  constructor(options: FileWatcherOptions, onChange: () => void) {
    this.#options = options;
    this.#onChange = onChange;
  }

  /**
   * Replaces the set of paths and takes their present state as known. Returns true if the set is another than
   * before: what was read before the call may then be out of date already and must be read once more.
   */
  async set(paths: readonly string[]): Promise<boolean> {
    const next = [...new Set(paths)].sort();
    if (next.join('\n') === this.#paths.join('\n')) return false;
    const generation = ++this.#generation;
    this.#paths = next;
    this.#watchDirectories();
    const signature = await signatureOf(this.#paths);
    if (generation === this.#generation) this.#signature = signature;
    return true;
  }

  /** Polls until the signal aborts, then closes. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#options.clock.sleep(this.#options.pollMs, signal);
        await this.#look();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.close();
    }
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#cancelSettle?.();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** A file is watched through its directory, and a directory itself too: renames and symlink swaps show only there. */
  #watchDirectories(): void {
    if (this.#closed) return;
    const wanted = new Set(this.#paths.flatMap((path) => [path, dirname(path)]));
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) {
      if (this.#watchers.has(directory)) continue;
      const watcher = openWatcher(directory, () => this.#settle());
      if (!watcher) continue;
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(directory);
      });
      this.#watchers.set(directory, watcher);
    }
  }

  #settle(): void {
    const { clock, settleMs } = this.#options;
    const now = clock.monotonic();
    this.#burstSince ??= now;
    // A directory that is written to all the time never comes to rest: then a look between two writes has to do.
    const left = this.#burstSince + settleMs * LONGEST_BURST - now;
    this.#cancelSettle?.();
    this.#cancelSettle = clock.after(Math.max(0, Math.min(settleMs, left)), () => {
      this.#cancelSettle = undefined;
      this.#burstSince = undefined;
      if (!this.#closed) void this.#look();
    });
  }

  async #look(): Promise<void> {
    const generation = this.#generation;
    const signature = await signatureOf(this.#paths);
    if (this.#closed || generation !== this.#generation || signature === this.#signature) return;
    this.#signature = signature;
    this.#watchDirectories();
    this.#onChange();
  }
}

function openWatcher(path: string, onEvent: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onEvent);
  } catch {
    // Not there, or out of inotify watches: polling still sees it.
    return undefined;
  }
}

async function signatureOf(paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(
    paths.map(async (path) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
        return `${path}:${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
      } catch (error) {
        return `${path}:${(error as NodeJS.ErrnoException).code ?? 'error'}`;
      }
    }),
  );
  return parts.join('\n');
}
