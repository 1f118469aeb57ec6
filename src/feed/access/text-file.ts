import { readFile, stat } from 'node:fs/promises';
import { FeedAccessError } from './access-error.ts';

/** Far above any CA bundle or list of tokens; a wrong path must not fill the memory. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * Text of a file that an option names.
 * @param option `--feed-token-file`, for the message
 * @throws FeedAccessError
 */
export async function readTextFile(path: string, option: string): Promise<string> {
  const unreadable = (why: string, cause?: unknown): FeedAccessError =>
    new FeedAccessError(`${option}: ${path} ${why}`, { cause });
  try {
    const info = await stat(path);
    // Opening a pipe would block, reading a device would never end.
    if (!info.isFile()) throw unreadable('is not a regular file');
    if (info.size > MAX_FILE_BYTES) throw unreadable(`is larger than ${MAX_FILE_BYTES} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof FeedAccessError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw unreadable(`cannot be read (${code})`, error);
  }
}
