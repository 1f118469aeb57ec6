import { type LocalApi, WriteError, type WriteOptions } from '../../contract/local-api.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { Edit, SliceContent } from '../plan/edit.ts';
import type { Rank } from '../../model/edit-rank.ts';
import type { Work, WorkDescription } from './work.ts';

/** The JSON of our EndpointSlices. */
export interface SliceJson {
  /** The whole object. */
  toCreate(content: SliceContent): JsonObject;
  /** A merge patch that leaves what others added. The precondition is added to it. */
  toPatch(content: SliceContent, of: OwnedSlice): JsonObject;
}

/** Keeps what the API server holds of our slices. Must not throw. */
export interface SliceSink {
  /** As the server answered; it may be older than what was told before, and need not be ours. */
  accepted(object: JsonObject): void;
  /** The slice of this UID is not there any more; another of the same name may be. */
  removed(namespace: string, name: string, uid: string): void;
}

/** One edit of one EndpointSlice. */
export class SliceWork implements Work {
  readonly rank: Rank;
  readonly phase: 1 | 2;
  readonly #edit: Edit;
  readonly #json: SliceJson;
  readonly #sink: SliceSink;

  constructor(edit: Edit, json: SliceJson, sink: SliceSink) {
    this.rank = edit.rank;
    this.phase = edit.phase;
    this.#edit = edit;
    this.#json = json;
    this.#sink = sink;
  }

  describe(): WorkDescription {
    const edit = this.#edit;
    const { namespace, name, cluster } = edit.op === 'delete' ? edit.of : edit.content;
    const endpoints = edit.op === 'delete' ? 0 : edit.content.endpoints.length;
    const { op, rank, phase } = edit;
    return { kind: 'EndpointSlice', op, rank, phase, namespace, name, cluster, endpoints };
  }

  digest(): string {
    const edit = this.#edit;
    return JSON.stringify(edit.op === 'delete' ? edit.of.uid : this.#json.toCreate(edit.content));
  }

  async run(api: LocalApi, options: WriteOptions): Promise<void> {
    const edit = this.#edit;
    if (edit.op === 'delete') return this.#remove(api, edit.of, options);
    const { content } = edit;
    const accepted =
      edit.op === 'create'
        ? await api.create(collectionPath(content), this.#json.toCreate(content), options)
        : await api.merge(objectPath(content), this.#patch(content, edit.of), options);
    this.#sink.accepted(accepted);
  }

  async refresh(api: LocalApi, signal: AbortSignal): Promise<void> {
    const edit = this.#edit;
    const object = await api.get(objectPath(edit.op === 'create' ? edit.content : edit.of), signal);
    if (edit.op !== 'create' && uidOf(object) !== edit.of.uid) this.#removed(edit.of);
    if (object !== undefined) this.#sink.accepted(object);
  }

  #patch(content: SliceContent, of: OwnedSlice): JsonObject {
    const patch = this.#json.toPatch(content, of);
    const { uid, resourceVersion } = of;
    const metadata = { ...(patch['metadata'] as JsonObject | undefined), uid, resourceVersion };
    return { ...patch, metadata };
  }

  async #remove(api: LocalApi, of: OwnedSlice, options: WriteOptions): Promise<void> {
    const { uid, resourceVersion } = of;
    try {
      await api.remove(objectPath(of), { uid, resourceVersion }, options);
    } catch (error) {
      if (!(error instanceof WriteError) || error.problem !== 'not-found') throw error;
    }
    this.#removed(of);
  }

  #removed({ namespace, name, uid }: OwnedSlice): void {
    this.#sink.removed(namespace, name, uid);
  }
}

function collectionPath({ namespace }: { readonly namespace: string }): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`;
}

function objectPath(object: { readonly namespace: string; readonly name: string }): string {
  return `${collectionPath(object)}/${encodeURIComponent(object.name)}`;
}

function uidOf(object: JsonObject | undefined): unknown {
  return (object?.['metadata'] as JsonObject | undefined)?.['uid'];
}
