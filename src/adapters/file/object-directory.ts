import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectFile, readObjectFile, ObjectFileError, type FileObject } from './object-file.ts';

/** A file or document that was not used, and why. */
export interface Rejected {
  readonly origin: string;
  readonly problem: string;
}

export interface DirectoryScan {
  /** Objects of all files, in byte order of the paths, then in order of the file. */
  readonly objects: readonly FileObject[];
  readonly rejected: readonly Rejected[];
  /** Every path that was looked at, the directory included: what to watch. */
  readonly paths: readonly string[];
}

/**
 * Reads a directory of object files again and again. A file that cannot be read keeps the objects that it had
 * when it could (promise 7 of docs/architecture.md: one bad document keeps its whole file's last state).
 */
export class ObjectDirectory {
  readonly #directory: string;
  readonly #accept: (objects: readonly FileObject[]) => void;
  #lastGood = new Map<string, readonly FileObject[]>();

  /** `accept` throws ObjectFileError for an object that makes its whole file unusable. */
  constructor(directory: string, accept: (objects: readonly FileObject[]) => void = () => undefined) {
    this.#directory = directory;
    this.#accept = accept;
  }

  /** Rejects with the error of `readdir` where the directory itself cannot be read. */
  async scan(): Promise<DirectoryScan> {
    const names = (await readdir(this.#directory)).filter(isObjectFile);
    const paths = names.map((name) => join(this.#directory, name)).sort(byBytes);
    const good = new Map<string, readonly FileObject[]>();
    const rejected: Rejected[] = [];
    for (const path of paths) {
      try {
        const objects = await readObjectFile(path);
        this.#accept(objects);
        good.set(path, objects);
      } catch (error) {
        if (!(error instanceof ObjectFileError)) throw error;
        rejected.push({ origin: error.place, problem: error.message });
        const before = this.#lastGood.get(path);
        if (before) good.set(path, before);
      }
    }
    this.#lastGood = good;
    return { objects: [...good.values()].flat(), rejected, paths: [this.#directory, ...paths] };
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
