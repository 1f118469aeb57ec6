const encoder = new TextEncoder();

/** Appends to a buffer that grows and is used again; `take` copies out what was written. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** An unsigned integer below 2^31, seven bits a byte. */
  integer(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  word(value: number): void {
    for (let shift = 24; shift >= 0; shift -= 8) this.byte((value >>> shift) & 0xff);
  }

  text(value: string): void {
    if (!this.#ascii(value)) this.#encoded(value);
  }

  /** Nearly every text is ASCII and short: an encoder, and an array for each, took ten times as long. */
  #ascii(value: string): boolean {
    const before = this.#length;
    const { length } = value;
    this.integer(length);
    this.#grow(length);
    const bytes = this.#bytes;
    let at = this.#length;
    let codes = 0;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      codes |= code;
      bytes[at++] = code;
    }
    this.#length = codes < 0x80 ? at : before;
    return codes < 0x80;
  }

  #encoded(value: string): void {
    const bytes = encoder.encode(value);
    this.integer(bytes.length);
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written since the last `take`, in memory of its own. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #grow(by: number): void {
    const needed = this.#length + by;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
