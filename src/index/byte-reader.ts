/** Reads back what ByteWriter wrote. Only for bytes of our own making: nothing is checked. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  integer(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  word(): number {
    return (this.byte() * 0x1000000 + (this.byte() << 16) + (this.byte() << 8) + this.byte()) >>> 0;
  }

  text(): string {
    const length = this.integer();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }
}
