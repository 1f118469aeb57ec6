import { readFile, stat } from 'node:fs/promises';

/** Far above any kubeconfig, CA bundle or list of tokens; a wrong path must not fill the memory. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * Text of a file that a configuration names.
 * @param unreadable makes the error: the path's part of the sentence (`is not a regular file`), and the cause if there is one
 * @throws what `unreadable` makes
 */
export async function readTextFile(
  path: string,
  unreadable: (why: string, cause?: unknown) => Error,
): Promise<string> {
  let problem: string;
  try {
    const info = await stat(path);
    // Opening a pipe would block, reading a device would never end.
    if (!info.isFile()) problem = 'is not a regular file';
    else if (info.size > MAX_FILE_BYTES) problem = `is larger than ${MAX_FILE_BYTES} bytes`;
    else return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(`cannot be read (${codeOf(error) ?? 'unknown error'})`, error);
  }
  throw unreadable(problem);
}

/** `ENOENT` and the like; undefined where an error has none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
