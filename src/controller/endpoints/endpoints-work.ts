import { type LocalApi, WriteError, type WriteOptions } from '../../contract/local-api.ts';
import type { Rank } from '../../model/edit-rank.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { Work, WorkDescription } from '../writer/work.ts';
import type { EndpointsEdit } from './endpoints-edit.ts';
import {
  endpointsCollectionPath,
  endpointsPath,
  endpointsToCreate,
  endpointsToLabel,
  endpointsToPatch,
} from './endpoints-json.ts';
import type { EndpointsSubset } from './owned-endpoints.ts';

/** Keeps what the API server holds of Endpoints objects. Must not throw. */
export interface EndpointsSink {
  accepted(object: JsonObject): void;
  removed(namespace: string, name: string, uid: string): void;
}

/** One edit of one Endpoints object. */
export class EndpointsWork implements Work {
  readonly rank: Rank;
  readonly phase: 1 | 2;
  readonly #edit: EndpointsEdit;
  readonly #sink: EndpointsSink;

  constructor(edit: EndpointsEdit, sink: EndpointsSink) {
    this.rank = edit.rank;
    this.phase = edit.phase;
    this.#edit = edit;
    this.#sink = sink;
  }

  describe(): WorkDescription {
    const edit = this.#edit;
    const { op, rank, phase } = edit;
    const { namespace, name } = this.#object;
    const subsets = 'content' in edit ? edit.content.subsets : edit.of.subsets;
    return {
      kind: 'Endpoints',
      op: op === 'label' ? 'update' : op,
      rank,
      phase,
      namespace,
      name,
      endpoints: op === 'delete' ? 0 : countAddresses(subsets),
    };
  }

  digest(): string {
    const edit = this.#edit;
    if (edit.op === 'delete') return `delete ${edit.of.uid}`;
    if (edit.op === 'label') return `label ${edit.of.uid} ${edit.fingerprint}`;
    return JSON.stringify(endpointsToCreate(edit.content));
  }

  async run(api: LocalApi, options: WriteOptions): Promise<void> {
    const edit = this.#edit;
    if (edit.op === 'delete') return this.#remove(api, options);
    const path = endpointsPath(this.#object);
    let accepted: JsonObject;
    if (edit.op === 'create') {
      const collection = endpointsCollectionPath(edit.content.namespace);
      accepted = await api.create(collection, endpointsToCreate(edit.content), options);
    } else if (edit.op === 'update') {
      accepted = await api.merge(path, endpointsToPatch(edit.content, edit.of), options);
    } else {
      accepted = await api.merge(path, endpointsToLabel(edit.fingerprint, edit.of), options);
    }
    this.#sink.accepted(accepted);
  }

  async refresh(api: LocalApi, signal: AbortSignal): Promise<void> {
    const edit = this.#edit;
    const object = await api.get(endpointsPath(this.#object), signal);
    const metadata = object?.['metadata'] as JsonObject | undefined;
    if (edit.op !== 'create' && metadata?.['uid'] !== edit.of.uid) this.#removed(edit.of.uid);
    if (object !== undefined) this.#sink.accepted(object);
  }

  get #object(): { readonly namespace: string; readonly name: string } {
    return this.#edit.op === 'create' ? this.#edit.content : this.#edit.of;
  }

  async #remove(api: LocalApi, options: WriteOptions): Promise<void> {
    if (this.#edit.op === 'create') return;
    const { uid, resourceVersion } = this.#edit.of;
    try {
      await api.remove(endpointsPath(this.#object), { uid, resourceVersion }, options);
    } catch (error) {
      if (!(error instanceof WriteError) || error.problem !== 'not-found') throw error;
    }
    this.#removed(uid);
  }

  #removed(uid: string): void {
    const { namespace, name } = this.#object;
    this.#sink.removed(namespace, name, uid);
  }
}

function countAddresses(subsets: readonly EndpointsSubset[]): number {
  return subsets.reduce((sum, subset) => sum + subset.addresses.length + subset.notReadyAddresses.length, 0);
}
