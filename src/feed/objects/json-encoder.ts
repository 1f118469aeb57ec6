import type { JsonObject } from '../../model/json-field.ts';
import type { FeedObject } from '../feed-object.ts';
import { jsonText } from './json-text.ts';
import type { FeedEncoder, FeedEncoderOptions, FeedEventType, TypedObject } from './feed-encoder.ts';
import { apiVersionOf, FEED_RESOURCES } from './feed-resources.ts';
import { INITIAL_EVENTS_END } from './initial-events-end.ts';
import { listMetaJson } from './list-meta.ts';
import type { FeedListMeta } from './list-meta.ts';
import { partialJson } from './partial-object.ts';
import { statusJson } from './status-object.ts';
import type { FailureStatus } from './status-object.ts';
import { tableHead, tableRow } from './table.ts';

interface TypeMeta {
  readonly kind: string;
  readonly apiVersion: string;
}

/** JSON: objects, PartialObjectMetadata and tables. A watch is one line for each event. */
export class JsonEncoder implements FeedEncoder {
  readonly contentType = 'application/json';
  readonly watchContentType = 'application/json';
  readonly needsLength = false;
  readonly #options: FeedEncoderOptions;
  readonly #type: TypeMeta;

  constructor(options: FeedEncoderOptions) {
    this.#options = options;
    const resource = FEED_RESOURCES[options.resource];
    this.#type =
      options.encoding.form === 'metadata'
        ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
        : { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  }

  object(object: FeedObject): Buffer {
    return Buffer.from(`${this.#whole(object)}\n`);
  }

  items(objects: readonly FeedObject[], first: boolean): Buffer {
    const texts = objects.map((object) => this.#item(object));
    return Buffer.from(first || texts.length === 0 ? texts.join(',') : `,${texts.join(',')}`);
  }

  listEnds(meta: FeedListMeta): { readonly head: Buffer; readonly tail: Buffer } {
    const { kind, apiVersion } = this.#type;
    const metadata = listMetaJson(meta);
    const isTable = this.#options.encoding.form === 'table';
    const head = isTable ? this.#table(metadata) : { kind: `${kind}List`, apiVersion, metadata };
    const items = isTable ? 'rows' : 'items';
    const text = `${JSON.stringify(head).slice(0, -1)},"${items}":[`;
    return { head: Buffer.from(text), tail: Buffer.from(']}\n') };
  }

  event(type: FeedEventType, object: FeedObject): Buffer {
    return Buffer.from(eventLine(type, this.#whole(object)));
  }

  /** Line by line into memory that stays: bytes of each alone, or one text of all, are dearer to make and to throw away. */
  events(events: readonly TypedObject[]): { readonly bytes: Buffer; readonly ends: readonly number[] } {
    let end = 0;
    const ends = events.map(
      ({ type, object }) => (end = writeScratch(eventLine(type, this.#whole(object)), end)),
    );
    return { bytes: takeScratch(end), ends };
  }

  bookmark(resourceVersion: string, initialEventsEnd: boolean): Buffer {
    const annotations = initialEventsEnd ? Object.fromEntries([INITIAL_EVENTS_END]) : undefined;
    const bookmark =
      this.#options.encoding.form === 'table'
        ? { ...this.#table({ resourceVersion }), rows: [] }
        : { ...this.#type, metadata: { resourceVersion, creationTimestamp: null, annotations } };
    return Buffer.from(eventLine('BOOKMARK', JSON.stringify(bookmark)));
  }

  failure(status: FailureStatus): Buffer {
    return Buffer.from(eventLine('ERROR', JSON.stringify(statusJson(status))));
  }

  /** An object as it stands alone: a table has it as its only row. */
  #whole(object: FeedObject): string {
    const item = this.#item(object);
    if (this.#options.encoding.form !== 'table') return item;
    const head = this.#table({ resourceVersion: this.#version(object) });
    return `${JSON.stringify(head).slice(0, -1)},"rows":[${item}]}`;
  }

  #item(object: FeedObject): string {
    const { view, encoding, now } = this.#options;
    const version = this.#version(object);
    switch (encoding.form) {
      case 'object':
        return jsonText(object, view, version);
      case 'metadata':
        return JSON.stringify(partialJson(object, view, version));
      case 'table': {
        const { includeObject } = encoding;
        return JSON.stringify(tableRow(object, view, version, { now: now(), includeObject }));
      }
    }
  }

  /** Events carry the columns each time: kubectl prints a heading only where they change. */
  #table(metadata: JsonObject): JsonObject {
    return tableHead(this.#options.resource, metadata);
  }

  #version(object: FeedObject): string {
    return this.#options.version(object.sequence);
  }
}

function eventLine(type: string, object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}

const usualScratch = Buffer.allocUnsafeSlow(2 << 20);
let scratch = usualScratch;

/** Writes at `at`; returns where it ends. */
function writeScratch(text: string, at: number): number {
  const most = at + 3 * text.length;
  if (most > scratch.length) {
    const larger = Buffer.allocUnsafeSlow(2 * most);
    scratch.copy(larger, 0, 0, at);
    scratch = larger;
  }
  return at + scratch.write(text, at);
}

/** What was written, in memory of its own. What large objects needed is not kept for the next. */
function takeScratch(end: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(end);
  scratch.copy(bytes, 0, 0, end);
  scratch = usualScratch;
  return bytes;
}
