/**
 * Builds a small protobuf message (requests only). Fields with their default value are left out, as proto3 does,
 * except `message`.
 */
export class ProtoWriter {
  readonly #parts: Buffer[] = [];

  /** `value` must be a safe integer, not negative. */
  int64(field: number, value: number): this {
    if (value !== 0) this.#parts.push(varint(field << 3), varint(value));
    return this;
  }

  bool(field: number, value: boolean): this {
    return this.int64(field, value ? 1 : 0);
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.#lengthed(field, value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  /** Written even when empty: presence decides a oneof. */
  message(field: number, value: Uint8Array): this {
    return this.#lengthed(field, value);
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #lengthed(field: number, value: Uint8Array): this {
    this.#parts.push(varint((field << 3) | 2), varint(value.length), Buffer.from(value));
    return this;
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
