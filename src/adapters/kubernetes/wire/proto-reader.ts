import { Buffer } from 'node:buffer';

/** Bytes that are not the protobuf message they should be. The object is skipped; the stream goes on. */
export class ProtoError extends Error {
  override readonly name = 'ProtoError';
}

/** Wire types that Kubernetes uses. Groups (3, 4) are long gone from protobuf and refused. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** A view of the same memory with Buffer's native methods. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A cursor over one protobuf message that reads the wanted fields and steps over the rest. It never reads behind
 * `end`, so a wrong length inside one object cannot reach into the next. Every method throws ProtoError on bad input.
 *
 *     while (reader.more()) {
 *       switch (reader.tag()) {
 *         case (1 << 3) | BYTES: …
 *         default: reader.skip();
 *       }
 *     }
 */
export class ProtoReader {
  bytes: Buffer = Buffer.alloc(0);
  pos = 0;
  end = 0;
  #tag = 0;

  /** Starts over with another message. One reader serves any number of messages, one after the other. */
  reset(bytes: Uint8Array): void {
    this.bytes = asBuffer(bytes);
    this.pos = 0;
    this.end = bytes.length;
  }

  more(): boolean {
    return this.pos < this.end;
  }

  /** The next field: `number << 3 | wire type`. */
  tag(): number {
    const first = this.bytes[this.pos] as number;
    if (first < 0x80 && this.pos < this.end) {
      this.pos++;
      this.#tag = first;
    } else {
      this.#tag = this.uint();
    }
    if (this.#tag < 8 || this.#tag > 0xffff_ffff) throw new ProtoError('field number out of range');
    return this.#tag;
  }

  /** An unsigned varint. Exact below 2^53; larger ones (negative numbers) keep only their magnitude. */
  uint(): number {
    let value = 0;
    let factor = 1;
    for (let count = 0; count < 10; count++) {
      if (this.pos >= this.end) throw new ProtoError('truncated varint');
      const byte = this.bytes[this.pos++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new ProtoError('varint of more than 10 bytes');
  }

  /** An int64 (or int32) varint, exact between -2^53 and 2^53. */
  int(): number {
    const start = this.pos;
    const value = this.uint();
    if (this.pos - start < 10) return value;
    // Ten bytes: bit 63 is set, the number is negative. Its two's complement, computed without losing low bits.
    let magnitude = 0;
    let factor = 1;
    for (let i = start; i < this.pos - 1; i++) {
      magnitude += (~(this.bytes[i] as number) & 0x7f) * factor;
      factor *= 128;
    }
    return -magnitude - 1;
  }

  /** As a decoder of an int32 field sees it: the low 32 bits. */
  int32(): number {
    return this.int() | 0;
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  /** The length of a string, bytes or message field, checked against the enclosing message. */
  length(): number {
    const first = this.bytes[this.pos] as number;
    let length = first;
    if (first < 0x80 && this.pos < this.end) this.pos++;
    else length = this.uint();
    if (length > this.end - this.pos) throw new ProtoError('length runs past the end');
    return length;
  }

  /** Enters a nested message: reading ends at its end. Give the result to `leave` when done. */
  enter(): number {
    const length = this.length();
    const outer = this.end;
    this.end = this.pos + length;
    return outer;
  }

  leave(outer: number): void {
    this.end = outer;
  }

  /** Steps over the value of the field whose tag was read last. */
  skip(): void {
    switch (this.#tag & 7) {
      case VARINT:
        this.uint();
        return;
      case FIXED64:
        this.#advance(8);
        return;
      case BYTES:
        // Not `pos += …`: that would read `pos` before `length` has moved it.
        this.#advance(this.length());
        return;
      case FIXED32:
        this.#advance(4);
        return;
      default:
        throw new ProtoError('group or unknown wire type');
    }
  }

  /**
   * Steps over a field that the caller does not know, and refuses one that it knows with another wire type:
   * skipping that would read as "absent".
   */
  skipUnless(known: number): void {
    const number = this.#tag >>> 3;
    if (number < 32 && ((known >>> number) & 1) === 1) {
      throw new ProtoError(`field ${number} has a wrong wire type`);
    }
    this.skip();
  }

  #advance(count: number): void {
    if (count > this.end - this.pos) throw new ProtoError('truncated number');
    this.pos += count;
  }
}

/** The set of field numbers for `skipUnless`. */
export function fields(...numbers: readonly number[]): number {
  return numbers.reduce((set, number) => set | (1 << number), 0);
}
