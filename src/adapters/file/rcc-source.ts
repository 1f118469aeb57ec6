import type { RccSnapshot, RccSource, SecretSource } from '../../contract/rcc-source.ts';
import type { RccDocument } from '../../model/rcc.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FileWatcher } from '../../runtime/file-watcher.ts';
import { ObjectDirectory } from './object-directory.ts';
import { ObjectFileError, type FileObject } from './object-file.ts';
import { DirectorySecrets } from './secret-source.ts';

export interface DirectoryRccSourceOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly pollMs: number;
}

const SETTLE_MS = 50;
const KIND = 'RemoteClusterConfiguration';
const API_VERSIONS: readonly string[] = ['projectcalico.org/v3', 'crd.projectcalico.org/v1'];

/**
 * RCCs, and the Secrets that they name, from the YAML and JSON files of a directory. Live, also through the
 * `..data` symlink swap of mounted Secrets and ConfigMaps. An RCC is gone when the directory can be read and no
 * file holds it any more.
 */
export class DirectoryRccSource implements RccSource {
  readonly name = 'directory';
  readonly secrets: SecretSource;
  readonly #options: DirectoryRccSourceOptions;
  readonly #directory: ObjectDirectory;
  readonly #secrets = new DirectorySecrets();

  constructor(options: DirectoryRccSourceOptions) {
    this.#options = options;
    this.#directory = new ObjectDirectory(options.directory, checkKinds);
    this.secrets = this.#secrets;
  }

  async run(onSnapshot: (snapshot: RccSnapshot) => void, signal: AbortSignal): Promise<void> {
    const { directory, clock, pollMs } = this.#options;
    const watcher = new FileWatcher({ clock, pollMs, settleMs: SETTLE_MS }, () => reading.request());
    const reading = new Coalesced(async () => {
      if (signal.aborted) return;
      const { paths, snapshot } = await this.#read();
      // What changed between the read and the watch of new paths would be missed: read once more.
      if (await watcher.set(paths.length > 0 ? paths : [directory])) reading.request();
      else if (!signal.aborted) onSnapshot(snapshot);
    });
    await watcher.set([directory]);
    reading.request();
    await watcher.run(signal);
    await reading.idle();
  }

  async #read(): Promise<{ readonly paths: readonly string[]; readonly snapshot: RccSnapshot }> {
    try {
      const { objects, rejected, paths } = await this.#directory.scan();
      this.#secrets.replace(objects.filter((object) => object.kind === 'Secret'));
      const documents = objects.filter((object) => object.kind === KIND).map(toDocument);
      return { paths, snapshot: { documents, rejected, problem: undefined } };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      const message = `directory ${this.#options.directory} cannot be read: ${code}`;
      return {
        paths: [],
        snapshot: { documents: [], rejected: [], problem: { reason: 'SourceMissing', message } },
      };
    }
  }
}

/** Runs one thing at a time; requests that come meanwhile are served by one more run. */
class Coalesced {
  readonly #run: () => Promise<void>;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(run: () => Promise<void>) {
    this.#run = run;
  }

  request(): void {
    this.#again = true;
    this.#running ??= this.#loop();
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  async #loop(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#run();
      }
    } finally {
      this.#running = undefined;
    }
  }
}

/** A kind that is neither is a typing mistake as long as nobody says otherwise: better told than ignored. */
function checkKinds(objects: readonly FileObject[]): void {
  for (const { kind, apiVersion, place, value } of objects) {
    if (kind === KIND && API_VERSIONS.includes(apiVersion)) {
      if (nameOf(value) === '') throw new ObjectFileError(place, 'metadata.name is missing');
    } else if (kind === KIND) {
      throw new ObjectFileError(place, `apiVersion of a ${KIND} is ${API_VERSIONS.join(' or ')}`);
    } else if (kind !== 'Secret' || apiVersion !== 'v1') {
      throw new ObjectFileError(place, `is neither a ${KIND} nor a v1 Secret`);
    }
  }
}

function toDocument({ value, place }: FileObject): RccDocument {
  return { name: nameOf(value), spec: value['spec'], origin: place };
}

function nameOf(value: Readonly<Record<string, unknown>>): string {
  const metadata = value['metadata'];
  if (typeof metadata !== 'object' || metadata === null) return '';
  const { name } = metadata as { readonly name?: unknown };
  return typeof name === 'string' ? name : '';
}
