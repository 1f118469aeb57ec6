import { Buffer } from 'node:buffer';
import { Assembly } from './assembly.ts';
import { MAGIC } from './proto-envelope.ts';
import { BYTES, FIXED32, FIXED64, ProtoError, VARINT, asBuffer } from './proto-reader.ts';

/** What becomes of a field that has a length: stepped over, handed over whole, or read as a nested message. */
export type Treatment = 'skip' | 'capture' | 'enter' | 'enter-envelope';

export interface ProtoStreamHandler {
  /** A field with a length starts. `path` holds the numbers of the entered fields around it. */
  field(path: readonly number[], number: number, length: number): Treatment;
  /** A captured field is whole. A part of a chunk where possible: valid during the call only. */
  captured(path: readonly number[], number: number, bytes: Buffer): void;
  /** An entered message is over; `path` ends with its field number. */
  left?(path: readonly number[]): void;
}

const MAX_DEPTH = 8;

/**
 * Reads a protobuf message of any size as it arrives. Holds no more than the fields that the handler captures, and
 * copies those only where a chunk boundary cuts them. Throws ProtoError on bytes that are not protobuf.
 */
export class ProtoStream {
  readonly #handler: ProtoStreamHandler;
  readonly #path: number[] = [];
  /** Bytes that the entered messages still have, outermost first; [0] is the whole. */
  readonly #left: number[] = [];
  #state: 'magic' | 'tag' | 'length' | 'varint' | 'skip' | 'capture' = 'tag';
  #value = 0;
  #factor = 1;
  #digits = 0;
  #number = 0;
  /** Bytes still to come of a skipped or captured field, or of the magic. */
  #need = 0;
  /** The varint that just ended; acted on once its bytes are counted. */
  #header: number | undefined;
  /** A captured field that is whole, until it is handed over. */
  #whole: Buffer | undefined;
  readonly #assembly = new Assembly();

  /** `form` says whether the message stands in an envelope; `length` is its size where it is known. */
  constructor(handler: ProtoStreamHandler, form: 'bare' | 'envelope', length = Infinity) {
    this.#handler = handler;
    this.#left.push(length);
    if (form === 'envelope') this.#expectMagic();
  }

  /** Whether the message may end here: nothing is half read. */
  get complete(): boolean {
    return this.#path.length === 0 && this.#state === 'tag' && this.#digits === 0;
  }

  push(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    let pos = 0;
    while (pos < bytes.length) {
      const start = pos;
      switch (this.#state) {
        case 'tag':
        case 'length':
        case 'varint':
          pos = this.#readVarint(bytes, pos);
          break;
        default:
          pos = this.#readBytes(bytes, pos);
      }
      this.#spend(pos - start);
    }
  }

  #expectMagic(): void {
    this.#state = 'magic';
    this.#need = MAGIC.length;
  }

  #readVarint(bytes: Buffer, pos: number): number {
    const byte = bytes[pos] as number;
    this.#value += (byte & 0x7f) * this.#factor;
    if (byte >= 0x80) {
      this.#factor *= 128;
      this.#digits++;
      if (this.#digits === 10) throw new ProtoError('varint of more than 10 bytes');
      return pos + 1;
    }
    const value = this.#value;
    this.#value = 0;
    this.#factor = 1;
    this.#digits = 0;
    this.#header = value;
    return pos + 1;
  }

  #readBytes(bytes: Buffer, pos: number): number {
    const count = Math.min(this.#need, bytes.length - pos);
    this.#need -= count;
    if (this.#state !== 'skip')
      this.#whole = this.#assembly.add(bytes.subarray(pos, pos + count), this.#need);
    return pos + count;
  }

  /** Counts bytes as read and acts on what they completed. */
  #spend(count: number): void {
    for (let i = 0; i < this.#left.length; i++) {
      const left = (this.#left[i] as number) - count;
      if (left < 0) throw new ProtoError('length runs past the end');
      this.#left[i] = left;
    }
    if (this.#header !== undefined) this.#actOnHeader(this.#header);
    else if (this.#need === 0 && (this.#state === 'skip' || this.#whole !== undefined)) this.#finish();
    this.#closeEnded();
  }

  #actOnHeader(value: number): void {
    this.#header = undefined;
    if (this.#state === 'tag') this.#tag(value);
    else if (this.#state === 'length') this.#length(value);
    else this.#state = 'tag';
  }

  #tag(tag: number): void {
    if (tag < 8 || tag > 0xffff_ffff) throw new ProtoError('field number out of range');
    this.#number = tag >>> 3;
    switch (tag & 7) {
      case VARINT:
        this.#state = 'varint';
        return;
      case BYTES:
        this.#state = 'length';
        return;
      case FIXED32:
        this.#take('skip', 4);
        return;
      case FIXED64:
        this.#take('skip', 8);
        return;
      default:
        throw new ProtoError('group or unknown wire type');
    }
  }

  #take(state: 'skip' | 'capture', length: number): void {
    if (length > (this.#left[this.#left.length - 1] as number))
      throw new ProtoError('length runs past the end');
    this.#state = state;
    this.#need = length;
  }

  #length(length: number): void {
    const treatment = this.#handler.field(this.#path, this.#number, length);
    if (treatment === 'skip' || treatment === 'capture') {
      this.#take(treatment, length);
      if (length > 0) return;
      if (treatment === 'capture') this.#whole = Buffer.alloc(0);
      this.#finish();
      return;
    }
    if (this.#path.length === MAX_DEPTH) throw new ProtoError('nested too deep');
    this.#take('skip', length);
    this.#path.push(this.#number);
    this.#left.push(length);
    if (treatment === 'enter-envelope') this.#expectMagic();
    else this.#state = 'tag';
  }

  #finish(): void {
    const state = this.#state;
    this.#state = 'tag';
    if (state === 'skip') return;
    const bytes = this.#whole as Buffer;
    this.#whole = undefined;
    if (state === 'capture') this.#handler.captured(this.#path, this.#number, bytes);
    else if (!bytes.equals(MAGIC)) throw new ProtoError('not a Kubernetes protobuf object');
  }

  #closeEnded(): void {
    while (this.#path.length > 0 && this.#left[this.#left.length - 1] === 0) {
      if (this.#state !== 'tag' || this.#digits > 0) throw new ProtoError('truncated message');
      this.#handler.left?.(this.#path);
      this.#path.pop();
      this.#left.pop();
    }
  }
}
