import { KINDS } from '../model/kind.ts';
import type { Kind } from '../model/kind.ts';
import type { EntryKey } from '../model/objects.ts';
import type { IndexChange } from '../contract/lister.ts';
import { nameOf } from './entry-name.ts';
import { InternTable } from './intern-table.ts';

/** Bytes of key for one record on average; longer keys shorten the history. */
const BYTES_PER_RECORD = 96;
const KIND_NUMBER = Object.fromEntries(KINDS.map((kind, i) => [kind, i])) as Readonly<Record<Kind, number>>;

/**
 * The newest changes, as typed records: a bounded number of them, and of bytes for their keys. A record holds the
 * parts of a key; its name is made only when it is read.
 */
export class ChangeRing {
  readonly #capacity: number;
  readonly #revisions: Float64Array;
  readonly #operations: Uint8Array;
  readonly #clusters: Uint32Array;
  /** Where a record's bytes end, as a running count modulo 2^32. */
  readonly #ends: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #names = new InternTable();
  /** Running numbers of the oldest record and of the next one. */
  #first = 0;
  #next = 0;
  #written = 0;
  #usedBytes = 0;
  #lost = 0;
  /** Of the newest record: changes of one cluster come in rows. */
  #cluster = 0;

  /** `capacity` is the number of records, at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#revisions = new Float64Array(capacity);
    this.#operations = new Uint8Array(capacity);
    this.#clusters = new Uint32Array(capacity);
    this.#ends = new Uint32Array(capacity);
    // A power of two, so that the running count may wrap.
    this.#bytes = new Uint8Array(2 ** Math.ceil(Math.log2(Math.max(4096, capacity * BYTES_PER_RECORD))));
  }

  get size(): number {
    return this.#next - this.#first;
  }

  get capacity(): number {
    return this.#capacity;
  }

  get bytes(): number {
    return this.#bytes.length + this.#capacity * 17;
  }

  /** The highest revision of which something was dropped; 0 = none. What came after it is here whole. */
  get lost(): number {
    return this.#lost;
  }

  push(revision: number, op: 'put' | 'delete', place: { cluster: string; kind: Kind }, key: EntryKey): void {
    if (this.size === this.#capacity) this.#dropFirst();
    const needed = mostBytes(key);
    while (this.size > 0 && this.#usedBytes + needed > this.#bytes.length) this.#dropFirst();
    if (needed > this.#bytes.length) {
      this.#lost = revision;
      return;
    }
    const at = this.#next % this.#capacity;
    const before = this.#written;
    this.#write(key.namespace);
    if ('name' in key) {
      this.#write(key.name);
    } else {
      this.#write(key.node);
      this.#write(key.orchestrator);
      this.#write(key.workload);
      this.#write(key.endpoint);
    }
    this.#revisions[at] = revision;
    this.#operations[at] = (KIND_NUMBER[place.kind] << 1) | (op === 'put' ? 1 : 0);
    this.#cluster = this.#names.acquireGuessed(place.cluster, this.#cluster);
    this.#clusters[at] = this.#cluster;
    this.#ends[at] = this.#written;
    this.#usedBytes += (this.#written - before) >>> 0;
    this.#next++;
  }

  /** What is kept of the revisions above `revision`, oldest first. */
  after(revision: number): IndexChange[] {
    let low = this.#first;
    let high = this.#next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#revisions[middle % this.#capacity] as number) > revision) high = middle;
      else low = middle + 1;
    }
    return Array.from({ length: this.#next - low }, (_, i) => this.#read(low + i));
  }

  #dropFirst(): void {
    const at = this.#first % this.#capacity;
    this.#lost = this.#revisions[at] as number;
    this.#names.release(this.#clusters[at] as number);
    this.#usedBytes -= ((this.#ends[at] as number) - this.#start(this.#first)) >>> 0;
    this.#lastEnd = this.#ends[at] as number;
    this.#first++;
  }

  /** Where the bytes of the oldest record begin. */
  #lastEnd = 0;

  #start(number: number): number {
    return number === this.#first ? this.#lastEnd : (this.#ends[(number - 1) % this.#capacity] as number);
  }

  #read(number: number): IndexChange {
    const at = number % this.#capacity;
    const operation = this.#operations[at] as number;
    const kind = KINDS[operation >> 1] ?? 'WorkloadEndpoint';
    const cursor = { at: this.#start(number) };
    const texts = Array.from({ length: kind === 'WorkloadEndpoint' ? 5 : 2 }, () => this.#readText(cursor));
    const [namespace = '', second = '', orchestrator = '', workload = '', endpoint = ''] = texts;
    return {
      revision: this.#revisions[at] as number,
      op: operation & 1 ? 'put' : 'delete',
      cluster: this.#names.text(this.#clusters[at] as number),
      kind,
      namespace,
      name:
        kind === 'WorkloadEndpoint'
          ? nameOf({ namespace, node: second, orchestrator, workload, endpoint })
          : second,
    };
  }

  /** Its length and width, seven bits a byte; then one byte for each character, or two where one is above 255. */
  #write(text: string): void {
    const from = this.#written;
    const codes = this.#writeCodes(text, false);
    if (codes < 256) return;
    this.#written = from;
    this.#writeCodes(text, true);
  }

  /** Returns all character codes or-ed: nearly every name is narrow, so one pass writes it and finds that out. */
  #writeCodes(text: string, isWide: boolean): number {
    const bytes = this.#bytes;
    const mask = bytes.length - 1;
    let at = this.#written;
    let header = text.length * 2 + (isWide ? 1 : 0);
    for (; header > 0x7f; header >>>= 7) bytes[at++ & mask] = (header & 0x7f) | 0x80;
    bytes[at++ & mask] = header;
    let codes = 0;
    const from = at & mask;
    if (!isWide && from + text.length <= mask) {
      // Nearly always: no end of the memory within it.
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        codes |= code;
        bytes[from + i] = code;
      }
      this.#written = (at + text.length) >>> 0;
      return codes;
    }
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      codes |= code;
      if (isWide) bytes[at++ & mask] = code >> 8;
      bytes[at++ & mask] = code;
    }
    this.#written = at >>> 0;
    return codes;
  }

  #readByte(cursor: { at: number }): number {
    return this.#bytes[cursor.at++ & (this.#bytes.length - 1)] as number;
  }

  #readText(cursor: { at: number }): string {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#readByte(cursor);
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    let text = '';
    for (let i = 0; i < header >> 1; i++) {
      const high = header & 1 ? this.#readByte(cursor) << 8 : 0;
      text += String.fromCharCode(high | this.#readByte(cursor));
    }
    return text;
  }
}

/** No key takes more. */
function mostBytes(key: EntryKey): number {
  if ('name' in key) return 2 * (key.namespace.length + key.name.length) + 10;
  const { namespace, node, orchestrator, workload, endpoint } = key;
  const length = namespace.length + node.length + orchestrator.length + workload.length + endpoint.length;
  return 2 * length + 25;
}
