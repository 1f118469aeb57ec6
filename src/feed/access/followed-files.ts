import { createHash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { FileWatcher } from '../../runtime/file-watcher.ts';
import { FeedAccessError } from './access-error.ts';
import type { FeedAccessReporter } from './access-event.ts';
import { readTextFile } from '../../runtime/text-file.ts';

/** A file that an option names. */
export interface NamedFile {
  /** `--feed-token-file`. */
  readonly option: string;
  readonly path: string;
}

/** Files that make sense only together. */
export interface FileSet<T> {
  readonly files: readonly NamedFile[];
  /** Makes the value of their texts, in the same order. @throws FeedAccessError where they are not usable */
  readonly parse: (texts: readonly string[]) => T;
  /** What they hold, in words, without any secret: `3 tokens`. */
  readonly describe: (value: T) => string;
}

export interface FollowDeps {
  readonly clock: Clock;
  readonly report: FeedAccessReporter;
}

/** A set of files that is kept up to date, whatever it holds. */
export interface Followed {
  /** The options that name the files. */
  readonly what: string;
  /** Why the present content is not in use; undefined = it is. */
  readonly problem: string | undefined;
  /** Follows the files until the signal aborts. Runs once. */
  run(signal: AbortSignal): Promise<void>;
}

/** Between two looks at files that send no events, and between two tries of what was not usable. */
const POLL_MS = 10_000;
/** A mounted Secret is swapped in several steps, and tools write certificate and key one after the other. */
const SETTLE_MS = 100;

/**
 * What a set of files holds, kept up to date while `run` runs. Content that is not usable is reported and changes nothing:
 * the last good one stays.
 */
export class FollowedFiles<T> implements Followed {
  readonly what: string;
  readonly #set: FileSet<T>;
  readonly #deps: FollowDeps;
  readonly #listeners = new Set<(value: T) => void>();
  #value: T;
  #digest: string;
  #problem: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  private constructor(set: FileSet<T>, deps: FollowDeps, first: Content<T>) {
    this.what = set.files.map(({ option }) => option).join(', ');
    this.#set = set;
    this.#deps = deps;
    this.#value = first.value;
    this.#digest = first.digest;
  }

  /** Reads the files once. @throws FeedAccessError where they are not usable */
  static async open<T>(set: FileSet<T>, deps: FollowDeps): Promise<FollowedFiles<T>> {
    return new FollowedFiles(set, deps, await read(set));
  }

  /** The last content that was usable. */
  get value(): T {
    return this.#value;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Calls the listener with each new value, and never for the same content. Returns the way to stop. */
  onChange(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const watcher = new FileWatcher({ clock, pollMs: POLL_MS, settleMs: SETTLE_MS }, () => {
      void this.#reload(signal);
    });
    try {
      await watcher.set(this.#set.files.map(({ path }) => path));
      // They may have changed between the first reading and the watch.
      await this.#reload(signal);
      await Promise.all([watcher.run(signal), this.#retry(signal)]);
    } finally {
      watcher.close();
      await this.#reading;
    }
  }

  /** A disk that could not be read for a moment changes no file. */
  async #retry(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(POLL_MS, signal).catch(() => {});
      if (this.#problem !== undefined) await this.#reload(signal);
    }
  }

  /** One after the other, so that the last content read is the last one used. */
  #reload(signal: AbortSignal): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readAgain(signal));
    return this.#reading;
  }

  async #readAgain(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { report } = this.#deps;
    const { what } = this;
    try {
      const { value, digest } = await read(this.#set);
      const isNew = digest !== this.#digest;
      if (!isNew && this.#problem === undefined) return;
      this.#problem = undefined;
      if (isNew) {
        this.#value = value;
        this.#digest = digest;
        for (const listener of this.#listeners) listener(value);
      }
      report({ event: 'feed.access.loaded', what, message: this.#set.describe(this.#value) });
    } catch (error) {
      const message = error instanceof FeedAccessError ? error.message : `${what}: cannot be used`;
      if (message !== this.#problem) report({ event: 'feed.access.rejected', what, message });
      this.#problem = message;
    }
  }
}

interface Content<T> {
  readonly value: T;
  readonly digest: string;
}

async function read<T>({ files, parse }: FileSet<T>): Promise<Content<T>> {
  const texts = await Promise.all(
    files.map(({ path, option }) => readTextFile(path, unreadable(path, option))),
  );
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return { value: parse(texts), digest: hash.digest('hex') };
}

function unreadable(path: string, option: string): (why: string, cause?: unknown) => FeedAccessError {
  return (why, cause) => new FeedAccessError(`${option}: ${path} ${why}`, { cause });
}
