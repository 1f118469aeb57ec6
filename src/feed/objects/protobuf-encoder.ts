import type { FeedObject } from '../feed-object.ts';
import { encodePartialProtobuf, encodeProtobuf } from './encode-protobuf.ts';
import type { FeedEncoder, FeedEncoderOptions, FeedEventType, TypedObject } from './feed-encoder.ts';
import { apiVersionOf, FEED_RESOURCES } from './feed-resources.ts';
import { INITIAL_EVENTS_END } from './initial-events-end.ts';
import type { FeedListMeta } from './list-meta.ts';
import { protobufBody, protobufBodyEnds, protobufFrame } from './proto-envelope.ts';
import { listMetaField, writeBareMeta } from './proto-meta.ts';
import { ProtoWriter } from './proto-writer.ts';
import { statusProtobuf } from './status-object.ts';
import type { FailureStatus } from './status-object.ts';

const ITEMS = 2;
const METADATA = 1;

/** Kubernetes' protobuf: its own kinds, and PartialObjectMetadata of every kind. A watch is one frame for each event. */
export class ProtobufEncoder implements FeedEncoder {
  readonly contentType = 'application/vnd.kubernetes.protobuf';
  readonly watchContentType = 'application/vnd.kubernetes.protobuf;stream=watch';
  readonly needsLength = true;
  readonly #options: FeedEncoderOptions;
  readonly #kind: string;
  readonly #apiVersion: string;

  constructor(options: FeedEncoderOptions) {
    const resource = FEED_RESOURCES[options.resource];
    const { form } = options.encoding;
    if (form === 'table' || (form === 'object' && !resource.protobuf)) {
      throw new Error(`there is no protobuf for ${resource.plural} as ${form}`);
    }
    this.#options = options;
    this.#kind = form === 'metadata' ? 'PartialObjectMetadata' : resource.kind;
    this.#apiVersion = form === 'metadata' ? 'meta.k8s.io/v1' : apiVersionOf(resource);
  }

  object(object: FeedObject): Buffer {
    return protobufBody(this.#apiVersion, this.#kind, this.#message(object));
  }

  items(objects: readonly FeedObject[]): Buffer {
    const writer = new ProtoWriter();
    for (let i = objects.length - 1; i >= 0; i--) {
      writer.bytes(ITEMS, this.#message(objects[i] as FeedObject));
    }
    return writer.take();
  }

  listEnds(meta: FeedListMeta, itemBytes: number): { readonly head: Buffer; readonly tail: Buffer } {
    const metadata = listMetaField(meta);
    const ends = protobufBodyEnds(this.#apiVersion, `${this.#kind}List`, metadata.length + itemBytes);
    return { head: Buffer.concat([ends.head, metadata]), tail: ends.tail };
  }

  event(type: FeedEventType, object: FeedObject): Buffer {
    return protobufFrame(type, this.object(object));
  }

  events(events: readonly TypedObject[]): { readonly bytes: Buffer; readonly ends: readonly number[] } {
    const frames = events.map(({ type, object }) => this.event(type, object));
    let end = 0;
    const ends = frames.map(({ length }) => (end += length));
    const bytes = Buffer.allocUnsafeSlow(end);
    for (const [i, frame] of frames.entries()) frame.copy(bytes, (ends[i] ?? 0) - frame.length);
    return { bytes, ends };
  }

  bookmark(resourceVersion: string, initialEventsEnd: boolean): Buffer {
    const writer = new ProtoWriter();
    const annotations = initialEventsEnd ? [INITIAL_EVENTS_END] : [];
    writer.message(METADATA, () => writeBareMeta(writer, resourceVersion, annotations));
    return protobufFrame('BOOKMARK', protobufBody(this.#apiVersion, this.#kind, writer.take()));
  }

  failure(status: FailureStatus): Buffer {
    return protobufFrame('ERROR', protobufBody('v1', 'Status', statusProtobuf(status)));
  }

  #message(object: FeedObject): Buffer {
    const { view, encoding, version } = this.#options;
    const encode = encoding.form === 'metadata' ? encodePartialProtobuf : encodeProtobuf;
    return encode(object, view, version(object.sequence));
  }
}
