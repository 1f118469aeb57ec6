import type { RccSnapshot, RccSource } from '../../contract/rcc-source.ts';
import type { ClusterAccess, RccDocument } from '../../model/rcc.ts';

/** The clusters of `--inspect`: given at start, never changing, with nothing to validate. */
export class InspectSource implements RccSource {
  readonly name = 'inspect';
  readonly secrets = undefined;
  readonly #documents: readonly RccDocument[];

  constructor(directories: readonly { readonly name: string; readonly directory: string }[]) {
    this.#documents = directories.map(({ name, directory }) => ({
      name,
      spec: {},
      origin: `--inspect ${name}=${directory}`,
      access: accessTo(directory),
    }));
  }

  run(onSnapshot: (snapshot: RccSnapshot) => void): Promise<void> {
    onSnapshot({ documents: this.#documents, rejected: [], problem: undefined });
    return Promise.resolve();
  }
}

function accessTo(directory: string): ClusterAccess {
  return {
    datastoreType: 'file',
    etcd: undefined,
    kubernetes: undefined,
    directory,
    overlayRoutingMode: 'Disabled',
  };
}
