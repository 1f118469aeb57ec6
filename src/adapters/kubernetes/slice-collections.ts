import type { ListOutcome, StreamRequest } from '../../contract/datastore.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import { Collection, type ReaderContext } from './collection.ts';
import { endpointSliceKind, endpointsKind } from './core-kinds.ts';
import { objectDecoder } from './object-decoder.ts';
import type { SharedValues } from './wire/proto-meta.ts';

/** So many refusals in a row are no change of rights yet. */
const MOMENTARY_REFUSALS = 3;

/** EndpointSlices, or core/v1 Endpoints where those are missing or forbidden. */
export class SliceCollections {
  readonly #slices: Collection;
  readonly #endpoints: Collection;
  #fallback = false;
  /** EndpointSlices were read over this connection. */
  #listed = false;
  /** How often in a row they were refused since. */
  #refusals = 0;

  constructor(context: ReaderContext, shared: SharedValues, excluded: ReadonlySet<string>) {
    this.#slices = new Collection(
      context,
      '/apis/discovery.k8s.io/v1/endpointslices',
      objectDecoder(endpointSliceKind(shared), excluded),
    );
    this.#endpoints = new Collection(
      context,
      '/api/v1/endpoints',
      objectDecoder(endpointsKind(shared), excluded),
    );
  }

  /** EndpointSlices are tried first each time. */
  async list({ sink, signal }: StreamRequest): Promise<ListOutcome> {
    try {
      const { outcome } = await this.#slices.list(sink, signal);
      this.#fallback = false;
      this.#listed = true;
      this.#refusals = 0;
      return outcome;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      // An API server that starts refuses for a moment what it grants: slices that have no Endpoints must not vanish by that.
      if (this.#listed && ++this.#refusals <= MOMENTARY_REFUSALS) throw error;
      const outcome = await this.#listEndpoints(error, { sink, signal });
      this.#fallback = true;
      return outcome;
    }
  }

  async watch({ sink, signal, revision }: StreamRequest & { readonly revision: string }): Promise<void> {
    if (!this.#fallback) {
      await this.#slices.watch(sink, revision, signal);
      return;
    }
    if (await this.#slicesAreReadable(signal)) {
      throw new DatastoreError('relist', 'Relisting', 'EndpointSlices can be read now');
    }
    await this.#endpoints.watch(sink, revision, signal);
  }

  /** The collection to look at in a preflight. */
  async collection(signal: AbortSignal): Promise<Collection> {
    return (await this.#slicesAreReadable(signal)) ? this.#slices : this.#endpoints;
  }

  async #listEndpoints(
    cause: DatastoreError,
    { sink, signal }: Pick<StreamRequest, 'sink' | 'signal'>,
  ): Promise<ListOutcome> {
    const why = cause.reaction === 'forbidden' ? 'forbidden' : 'not served';
    try {
      const { outcome } = await this.#endpoints.list(sink, signal);
      return { ...outcome, note: `EndpointSlices are ${why}: core/v1 Endpoints are read instead` };
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      throw new DatastoreError('forbidden', 'Forbidden', `${cause.message}; ${error.message}`);
    }
  }

  async #slicesAreReadable(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#slices.firstPage(1, signal);
      return true;
    } catch (error) {
      if (isUnavailable(error)) return false;
      throw error;
    }
  }
}

function isUnavailable(error: unknown): error is DatastoreError {
  return error instanceof DatastoreError && (error.reaction === 'forbidden' || error.reason === 'NotFound');
}
