import { isAbsolute, resolve } from 'node:path';
import { configError } from './config-error.ts';
import type { Fields } from './fields.ts';
import { fromBase64 } from './pem.ts';
import { readTextFile } from './read-file.ts';

/** A value that a kubeconfig gives as `NAME-data` (base64) or as the file `NAME`; the data wins. */
export interface Content {
  /** The field that it came from. */
  readonly field: string;
  readonly text: string;
}

/**
 * @param files takes the path that was read.
 * @throws DatastoreError of reaction `config`
 */
export async function resolveContent(
  fields: Fields,
  name: string,
  files: Set<string>,
): Promise<Content | undefined> {
  const dataField = `${name}-data`;
  if (fields.has(dataField)) {
    const text = fromBase64(fields.string(dataField));
    if (text === undefined) throw fields.error(dataField, 'is not valid base64');
    return { field: dataField, text };
  }
  if (!fields.has(name)) return undefined;
  const path = resolvePath(fields, name);
  files.add(path);
  return { field: name, text: await readTextFile(path, `${fields.place.origin}: ${fields.path(name)}`) };
}

/** The absolute path that field `name` gives. @throws DatastoreError where files are refused in this place */
export function resolvePath(fields: Fields, name: string): string {
  const { place } = fields;
  if (!place.trusted) {
    throw configError(
      place,
      fields.path(name),
      'names a file, which is refused in a kubeconfig that comes inline or from a Secret: ' +
        'it would read files of this pod; put the content in, or allow it with --allow-exec-in-secrets',
    );
  }
  const path = fields.string(name);
  if (isAbsolute(path)) return path;
  if (place.directory !== undefined) return resolve(place.directory, path);
  throw fields.error(name, 'must be an absolute path, since inline text has no directory');
}
