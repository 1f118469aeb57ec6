import type { LabelSet } from '../../../model/label-set.ts';
import {
  type AnnotationFilter,
  MetaReader,
  type SharedValues,
  annotationFilter,
  noAnnotations,
} from './proto-meta.ts';
import { type Json, type MessageShape, Shapes, metaJson, readFields } from './proto-json.ts';
import { BYTES, ProtoReader, fields } from './proto-reader.ts';

/** Reads one kind into the shape of its JSON, reduced to the fields that are wanted. */
export class JsonShapeReader {
  readonly meta: MetaReader;
  readonly #reader = new ProtoReader();
  readonly #shape: MessageShape;

  constructor(shared: SharedValues, keep: AnnotationFilter, shape: (shapes: Shapes) => MessageShape) {
    this.meta = new MetaReader(shared, keep);
    const shapes = new Shapes(shared);
    this.#shape = { 1: shapes.meta(this.meta), ...shape(shapes) };
  }

  /** Throws ProtoError where the bytes are not such an object. */
  read(bytes: Uint8Array): Json {
    this.meta.begin();
    const reader = this.#reader;
    reader.reset(bytes);
    const object: Json = {};
    readFields(reader, this.#shape, object);
    object['metadata'] = metaJson(this.meta, reader);
    return object;
  }
}

/** core/v1 Service. */
export function serviceReader(shared: SharedValues): JsonShapeReader {
  const annotations = annotationFilter([], ['federation.tigera.io/', 'fedsyncd.io/']);
  return new JsonShapeReader(shared, annotations, (s) => ({
    2: s.message('spec', {
      1: s.messages('ports', {
        1: s.string('name'),
        2: s.string('protocol'),
        3: s.integer('port'),
        4: s.intOrString('targetPort'),
        6: s.string('appProtocol'),
      }),
      2: s.stringMap('selector'),
      3: s.address('clusterIP'),
      4: s.string('type'),
      7: s.string('sessionAffinity'),
      10: s.string('externalName'),
      13: s.boolean('publishNotReadyAddresses'),
      18: s.addresses('clusterIPs'),
    }),
  }));
}

/** discovery.k8s.io/v1 EndpointSlice. */
export function endpointSliceReader(shared: SharedValues): JsonShapeReader {
  return new JsonShapeReader(shared, noAnnotations, (s) => ({
    2: s.messages('endpoints', {
      1: s.addresses('addresses'),
      2: s.message('conditions', {
        1: s.boolean('ready'),
        2: s.boolean('serving'),
        3: s.boolean('terminating'),
      }),
      3: s.string('hostname'),
      4: s.message('targetRef', reference(s)),
      6: s.string('nodeName'),
      7: s.string('zone'),
    }),
    3: s.messages('ports', {
      1: s.string('name'),
      2: s.string('protocol'),
      3: s.integer('port'),
      4: s.string('appProtocol'),
    }),
    4: s.string('addressType'),
  }));
}

/** core/v1 Endpoints. */
export function endpointsReader(shared: SharedValues): JsonShapeReader {
  return new JsonShapeReader(shared, noAnnotations, (s) => {
    const address: MessageShape = {
      1: s.address('ip'),
      2: s.message('targetRef', reference(s)),
      3: s.string('hostname'),
      4: s.string('nodeName'),
    };
    return {
      2: s.messages('subsets', {
        1: s.messages('addresses', address),
        2: s.messages('notReadyAddresses', address),
        3: s.messages('ports', {
          1: s.string('name'),
          2: s.integer('port'),
          3: s.string('protocol'),
          4: s.string('appProtocol'),
        }),
      }),
    };
  });
}

function reference(s: Shapes): MessageShape {
  return { 1: s.string('kind'), 2: s.string('namespace'), 3: s.string('name'), 4: s.string('uid') };
}

const OBJECT = fields(1);

/** Reads nothing but the metadata, of any kind: Namespace, ServiceAccount, bookmark. */
export class MetaOnlyReader {
  readonly meta: MetaReader;
  readonly #reader = new ProtoReader();

  constructor(shared: SharedValues, keep: AnnotationFilter = noAnnotations) {
    this.meta = new MetaReader(shared, keep);
  }

  /** Throws ProtoError where the bytes are not an object. The result is valid until the next call. */
  read(bytes: Uint8Array): MetaReader {
    this.meta.begin();
    const reader = this.#reader;
    reader.reset(bytes);
    while (reader.more()) {
      if (reader.tag() === ((1 << 3) | BYTES)) this.meta.read(reader);
      else reader.skipUnless(OBJECT);
    }
    return this.meta;
  }

  /** The labels of the object that was read last. */
  labels(): LabelSet {
    return this.meta.labels(this.#reader.bytes);
  }
}
