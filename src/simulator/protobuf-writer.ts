import { takeBuffer } from './slab.ts';

/** Protocol-buffer wire types that the simulated protocols use. */
const VARINT = 0;
const BYTES = 2;

/** Appends fields to a growing buffer. Proto3 rules are the caller's: zero values are written when asked for. */
export class ProtobufWriter {
  #buffer: Buffer;
  #length = 0;

  /** Grows beyond `capacity`, at the cost of a copy. */
  constructor(capacity = 128) {
    this.#buffer = takeBuffer(capacity);
  }

  /** A whole number from 0 to 2^53; a negative one as 64-bit two's complement. */
  varint(field: number, value: number): this {
    this.#varint(field * 8 + VARINT);
    if (value < 0) this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
    else this.#varint(value);
    return this;
  }

  uint64(field: number, value: bigint): this {
    this.#varint(field * 8 + VARINT);
    this.#bigVarint(value);
    return this;
  }

  bool(field: number, value: boolean): this {
    return this.varint(field, value ? 1 : 0);
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + BYTES);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  string(field: number, value: string): this {
    const size = Buffer.byteLength(value, 'utf8');
    this.#varint(field * 8 + BYTES);
    this.#varint(size);
    this.#reserve(size);
    this.#length += this.#buffer.write(value, this.#length, 'utf8');
    return this;
  }

  /** The tag and size of a field whose `size` bytes follow elsewhere. */
  prefix(field: number, size: number): this {
    this.#varint(field * 8 + BYTES);
    this.#varint(size);
    return this;
  }

  /** The encoded fields; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #varint(value: number): void {
    this.#reserve(10);
    this.#length = writeVarint(this.#buffer, this.#length, value);
  }

  #bigVarint(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 127n) {
      this.#buffer[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const larger = takeBuffer(Math.max(this.#buffer.length * 2, this.#length + more));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** Writes a whole number ≥ 0 and returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest > 127) {
    target[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** The tag of a length-delimited field. */
export function bytesTag(field: number): Buffer {
  const tag = Buffer.allocUnsafe(varintSize(field * 8 + BYTES));
  writeVarint(tag, 0, field * 8 + BYTES);
  return tag;
}
