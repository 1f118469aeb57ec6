import type { SecretSnapshot, SecretSource } from '../../contract/rcc-source.ts';
import type { SecretName } from '../../model/rcc.ts';
import type { FileObject } from './object-file.ts';

type Listener = (secret: SecretSnapshot) => void;

/** The Secrets of a directory: documents of kind Secret beside the RCCs. */
export class DirectorySecrets implements SecretSource {
  #secrets = new Map<string, SecretSnapshot>();
  #read = false;
  readonly #listeners = new Map<string, Set<Listener>>();

  /** The Secrets as they are now; tells those who watch one that changed. Of two with one name the first counts. */
  replace(objects: readonly FileObject[]): void {
    const before = this.#read ? this.#secrets : undefined;
    const now = new Map<string, SecretSnapshot>();
    for (const object of objects) {
      const key = keyOf(object.value['metadata']);
      if (key !== undefined && !now.has(key)) now.set(key, toSnapshot(object.value));
    }
    this.#secrets = now;
    this.#read = true;
    for (const [key, listeners] of this.#listeners) {
      const secret = this.#get(key);
      if (before && JSON.stringify(before.get(key) ?? MISSING) === JSON.stringify(secret)) continue;
      for (const listener of listeners) listener(secret);
    }
  }

  async watch({ namespace, name }: SecretName, onChange: Listener, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const key = `${namespace}/${name}`;
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(onChange));
    // Before the first read nothing is known to be missing.
    if (this.#read) onChange(this.#get(key));
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    listeners.delete(onChange);
    if (listeners.size === 0) this.#listeners.delete(key);
  }

  #get(key: string): SecretSnapshot {
    return this.#secrets.get(key) ?? MISSING;
  }
}

const MISSING: SecretSnapshot = { state: 'missing' };

function keyOf(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const { namespace, name } = metadata as { readonly namespace?: unknown; readonly name?: unknown };
  if (typeof name !== 'string' || name === '') return undefined;
  return `${typeof namespace === 'string' && namespace !== '' ? namespace : 'default'}/${name}`;
}

/** `data` is base64, `stringData` plain and wins, as in the Kubernetes API. */
function toSnapshot(value: Readonly<Record<string, unknown>>): SecretSnapshot {
  const data: Record<string, string> = {};
  for (const [key, encoded] of entriesOf(value['data'])) {
    if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(encoded))
      return { state: 'failed', message: `data.${key} is not base64` };
    data[key] = Buffer.from(encoded, 'base64').toString('utf8');
  }
  for (const [key, text] of entriesOf(value['stringData'])) data[key] = text;
  return { state: 'found', data };
}

function entriesOf(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
}
