/** The bytes are not the message they should be. */
export class ProtoError extends Error {
  override readonly name = 'ProtoError';
}

const TWO_32 = 4_294_967_296;

/**
 * Reads protobuf fields one after another from a part of a buffer. Nothing is copied: bytes fields are views.
 * Every method throws ProtoError where the input ends early or is malformed.
 */
export class ProtoReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  /** Low and high half of the last 64-bit varint. */
  #low = 0;
  #high = 0;

  constructor(bytes: Buffer, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Field number and wire type as `number << 3 | type`. Field number 0 is refused. */
  tag(): number {
    const tag = this.#varint();
    if (tag < 8 || tag > 0xffff_ffff) throw new ProtoError('wrong field tag');
    return tag;
  }

  bool(): boolean {
    this.#varint64();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** A signed 64-bit number; one that JavaScript cannot hold exactly is refused. */
  int64(): number {
    this.#varint64();
    const value = (this.#high | 0) * TWO_32 + this.#low;
    if (!Number.isSafeInteger(value)) throw new ProtoError('number out of range');
    return value;
  }

  /** An unsigned 64-bit number in hexadecimal without leading zeros. */
  hex64(): string {
    this.#varint64();
    if (this.#high === 0) return this.#low.toString(16);
    return this.#high.toString(16) + this.#low.toString(16).padStart(8, '0');
  }

  /** A view of the buffer, not a copy. */
  bytes(): Buffer {
    const start = this.#length();
    return this.#bytes.subarray(start, this.#at);
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  string(): string {
    const start = this.#length();
    return this.#bytes.toString('utf8', start, this.#at);
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  /** Passes over a field with a length; where its content starts. It ends at `at`. */
  enter(): number {
    return this.#length();
  }

  /** A reader of an embedded message. */
  message(): ProtoReader {
    const start = this.#length();
    return new ProtoReader(this.#bytes, start, this.#at);
  }

  /** Passes over the value of a field that is not wanted. Groups are refused: proto3 has none. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint64();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#length();
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new ProtoError('wrong wire type');
    }
  }

  #advance(count: number): void {
    if (count > this.#end - this.#at) throw new ProtoError('message ends early');
    this.#at += count;
  }

  /** Reads a length, moves behind the field and returns where its content starts. */
  #length(): number {
    const length = this.#varint();
    const start = this.#at;
    this.#advance(length);
    return start;
  }

  #varint(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80 && this.#at < this.#end) {
      this.#at++;
      return first;
    }
    this.#varint64();
    return this.#high * TWO_32 + this.#low;
  }

  #varint64(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw new ProtoError('message ends early');
      const byte = this.#bytes[this.#at++] as number;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else high |= part << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new ProtoError('number is too long');
  }
}
