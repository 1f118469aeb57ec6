import { Buffer } from 'node:buffer';
import { LabelSet } from '../../../model/label-set.ts';
import { PodConverter } from '../../../model/pod-converter.ts';
import { ByteInterner, textOf } from './byte-interner.ts';
import { BYTES, ProtoError, ProtoReader, VARINT, fields } from './proto-reader.ts';
import { RegionCache, addRange } from './region-cache.ts';

/** The key that lies at [start, end) if that annotation is kept, else undefined. */
export type AnnotationFilter = (bytes: Buffer, start: number, end: number) => string | undefined;

export const noAnnotations: AnnotationFilter = () => undefined;

/** Keeps keys that equal one of `keys`, or start with one of `prefixes`. */
export function annotationFilter(
  keys: readonly string[],
  prefixes: readonly string[] = [],
): AnnotationFilter {
  const exact = keys.map((key) => ({ key, bytes: Buffer.from(key) }));
  const starts = prefixes.map((prefix) => Buffer.from(prefix));
  return (bytes, start, end) => {
    for (const { key, bytes: wanted } of exact) {
      if (wanted.length === end - start && standsAt(bytes, start, wanted)) return key;
    }
    for (const prefix of starts) {
      if (prefix.length <= end - start && standsAt(bytes, start, prefix)) return textOf(bytes, start, end);
    }
    return undefined;
  };
}

function standsAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  // From the end, where keys with one prefix differ.
  for (let i = wanted.length - 1; i >= 0; i--) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/**
 * What readers share: strings, label sets and more of earlier objects. One for all clusters, so that it can be large
 * enough for watches, whose neighbours belong to different workloads: with 4,096 strings for each cluster an event
 * cost half as much again. Everything is found by equal bytes, so no cluster can change what another gets.
 */
export class SharedValues {
  readonly strings: ByteInterner;
  /** Addresses differ from pod to pod: apart, so that they do not push out the labels. */
  readonly addresses = new ByteInterner(64, 64);
  readonly labels: RegionCache<LabelSet>;
  readonly pods = new PodConverter();

  /** `slots` is a power of two. */
  constructor(slots = 32_768) {
    this.strings = new ByteInterner(slots);
    this.labels = new RegionCache(slots / 2);
  }
}

// k8s.io/apimachinery ObjectMeta; managedFields (17) is stepped over like any other unwanted field.
const KNOWN = fields(1, 3, 5, 6, 8, 9, 11, 12);
const LABELS = 11;
/** Far above what anybody uses, far below what would hurt. */
const MAX_LABEL_BYTES = 64 * 1024;

/** Reads ObjectMeta. The fields hold the last object until `begin`. */
export class MetaReader {
  name = '';
  namespace = '';
  uid = '';
  resourceVersion = '';
  /** Milliseconds since the epoch; 0 = unknown. */
  created = 0;
  deleting = false;
  /** Those that the filter keeps; undefined = none. */
  annotations: Map<string, string> | undefined;

  readonly #shared: SharedValues;
  readonly #keep: AnnotationFilter;
  /** Starts and ends of the label entries, joined where they touch: mostly one pair. */
  readonly #labelRanges: number[] = [];
  readonly #labelReader = new ProtoReader();
  readonly #toLabels = (region: Buffer): LabelSet => this.#decodeLabels(region);

  constructor(shared: SharedValues, keep: AnnotationFilter) {
    this.#shared = shared;
    this.#keep = keep;
  }

  begin(): void {
    this.name = this.namespace = this.uid = this.resourceVersion = '';
    this.created = 0;
    this.deleting = false;
    this.annotations = undefined;
    this.#labelRanges.length = 0;
  }

  /** Reads the message that comes next; a second one of the same object is merged, as protobuf demands. */
  read(reader: ProtoReader): void {
    const outer = reader.enter();
    while (reader.more()) {
      const at = reader.pos;
      switch (reader.tag()) {
        case (1 << 3) | BYTES:
          this.name = text(reader);
          break;
        case (3 << 3) | BYTES:
          this.namespace = interned(reader, this.#shared.strings);
          break;
        case (5 << 3) | BYTES:
          this.uid = text(reader);
          break;
        case (6 << 3) | BYTES:
          this.resourceVersion = text(reader);
          break;
        case (8 << 3) | BYTES:
          this.created = readTime(reader);
          break;
        case (9 << 3) | BYTES:
          reader.skip();
          this.deleting = true;
          break;
        case (LABELS << 3) | BYTES:
          reader.skip();
          addRange(this.#labelRanges, at, reader.pos);
          break;
        case (12 << 3) | BYTES:
          this.#annotation(reader);
          break;
        default:
          reader.skipUnless(KNOWN);
      }
    }
    reader.leave(outer);
  }

  /** The labels of the object that was read from these bytes, shared with earlier objects. */
  labels(bytes: Buffer): LabelSet {
    if (this.#labelRanges.length === 0) return LabelSet.empty;
    return this.#shared.labels.get(bytes, this.#labelRanges, this.#toLabels);
  }

  #decodeLabels(region: Buffer): LabelSet {
    if (region.length > MAX_LABEL_BYTES) throw new ProtoError('labels too large');
    const reader = this.#labelReader;
    reader.reset(region);
    const pairs: [string, string][] = [];
    while (reader.more()) {
      reader.tag();
      const pair = readEntry(reader, this.#shared.strings);
      // NUL parts keys and values in LabelSet.canonical: letting it in would let one set pass for another.
      if (pair[0].includes('\0') || pair[1].includes('\0'))
        throw new ProtoError('label holds a NUL character');
      pairs.push(pair);
    }
    return LabelSet.of(pairs);
  }

  #annotation(reader: ProtoReader): void {
    const outer = reader.enter();
    let key = this.#keep(reader.bytes, reader.pos, reader.pos);
    let start = 0;
    let end = 0;
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === ((1 << 3) | BYTES)) {
        const length = reader.length();
        key = this.#keep(reader.bytes, reader.pos, reader.pos + length);
        reader.pos += length;
      } else if (tag === ((2 << 3) | BYTES)) {
        const length = reader.length();
        start = reader.pos;
        end = start + length;
        reader.pos = end;
      } else {
        reader.skipUnless(ENTRY);
      }
    }
    reader.leave(outer);
    if (key === undefined) return;
    this.annotations ??= new Map();
    // Kept annotations of pods are addresses, the same one twice.
    this.annotations.set(key, this.#shared.addresses.string(reader.bytes, start, end));
  }
}

/** A string field that rarely repeats. */
export function text(reader: ProtoReader): string {
  const length = reader.length();
  const start = reader.pos;
  reader.pos += length;
  return length === 0 ? '' : textOf(reader.bytes, start, reader.pos);
}

/** A string field that many objects share. */
export function interned(reader: ProtoReader, strings: ByteInterner): string {
  const length = reader.length();
  const start = reader.pos;
  reader.pos += length;
  return strings.string(reader.bytes, start, reader.pos);
}

const ENTRY = fields(1, 2);

/** An entry of a `map<string, string>`; an absent half is ''. */
export function readEntry(reader: ProtoReader, strings: ByteInterner): [string, string] {
  const outer = reader.enter();
  let key = '';
  let value = '';
  while (reader.more()) {
    switch (reader.tag()) {
      case (1 << 3) | BYTES:
        key = interned(reader, strings);
        break;
      case (2 << 3) | BYTES:
        value = interned(reader, strings);
        break;
      default:
        reader.skipUnless(ENTRY);
    }
  }
  reader.leave(outer);
  return [key, value];
}

const TIME = fields(1);

/** metav1.Time in milliseconds; the zero time, which is sent as an empty message, is 0. */
function readTime(reader: ProtoReader): number {
  const outer = reader.enter();
  let seconds = 0;
  while (reader.more()) {
    if (reader.tag() === ((1 << 3) | VARINT)) seconds = reader.int();
    else reader.skipUnless(TIME);
  }
  reader.leave(outer);
  return seconds > 0 ? seconds * 1000 : 0;
}
