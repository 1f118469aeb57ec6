import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Reference vectors with the answers of Calico's own code, kept outside the repository: the environment variable
 * CALICO_VECTORS names their directory. Undefined where it is unset; the suites that need them are then not
 * registered.
 */
export function readVectors(file: string): unknown {
  const directory = process.env['CALICO_VECTORS'];
  if (directory === undefined) return undefined;
  return JSON.parse(readFileSync(path.join(directory, file), 'utf8'));
}
