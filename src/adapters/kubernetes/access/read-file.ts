import { readFile, stat } from 'node:fs/promises';
import { DatastoreError } from '../../../contract/datastore-error.ts';

/** Far above any kubeconfig or CA bundle; a wrong path must not fill the memory. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * Text of a file that a configuration names.
 * @param field for the message: `k8sCAFile`.
 * @throws DatastoreError of reaction `config`, reason FileUnreadable
 */
export async function readTextFile(path: string, field: string): Promise<string> {
  const unreadable = (why: string, cause?: unknown): DatastoreError =>
    new DatastoreError('config', 'FileUnreadable', `${field}: ${path} ${why}`, { cause });
  try {
    const info = await stat(path);
    // Opening a pipe would block, reading a device would never end.
    if (!info.isFile()) throw unreadable('is not a regular file');
    if (info.size > MAX_FILE_BYTES) throw unreadable(`is larger than ${MAX_FILE_BYTES} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof DatastoreError) throw error;
    throw unreadable(`cannot be read (${codeOf(error) ?? 'unknown error'})`, error);
  }
}

/** Whether `readTextFile` failed because there is no such file. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof DatastoreError && codeOf(error.cause) === 'ENOENT';
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
