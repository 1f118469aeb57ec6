import { DatastoreError } from '../../../contract/datastore-error.ts';
import { codeOf, readTextFile as readText } from '../../../runtime/text-file.ts';

/**
 * Text of a file that a configuration names.
 * @param field for the message: `k8sCAFile`.
 * @throws DatastoreError of reaction `config`, reason FileUnreadable
 */
export function readTextFile(path: string, field: string): Promise<string> {
  return readText(
    path,
    (why, cause) => new DatastoreError('config', 'FileUnreadable', `${field}: ${path} ${why}`, { cause }),
  );
}

/** Whether `readTextFile` failed because there is no such file. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof DatastoreError && codeOf(error.cause) === 'ENOENT';
}
