const VARINT = 0;
const BYTES = 2;
/** Characters. */
const SHORT = 48;
const FIRST_SIZE = 4096;
/** A writer that grew beyond this for one huge object gives the memory back. */
const KEPT_SIZE = 1 << 20;

/**
 * Writes protobuf from the end to the start: the length of a message is then known when it is due, without measuring anything
 * first. So the fields of a message, and the items of a list, are written last to first. Every field that is written is on the
 * wire, also '' and 0: that is what Kubernetes' own encoder does with fields that are no pointers.
 */
export class ProtoWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  /** Where the last written byte is. */
  #at = FIRST_SIZE;

  /** How much is written; for the length of a message: the difference before and after its fields. */
  get size(): number {
    return this.#buffer.length - this.#at;
  }

  /** Forgets what was written: a writer that serves many objects starts so, as the one before may have failed halfway. */
  clear(): void {
    this.#at = this.#buffer.length;
  }

  /** A copy of all that was written; the writer is empty then. */
  take(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(this.#at));
    if (this.#buffer.length > KEPT_SIZE) this.#buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.clear();
    return bytes;
  }

  text(field: number, value: string): void {
    const length = this.#short(value) ? value.length : this.#any(value);
    this.#head(field, BYTES, length);
  }

  bytes(field: number, value: Uint8Array): void {
    this.raw(value);
    this.#head(field, BYTES, value.length);
  }

  /** Bytes as they are, without a field. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
  }

  /** The start of a field of that many bytes, which come from elsewhere. */
  length(field: number, length: number): void {
    this.#head(field, BYTES, length);
  }

  /** A whole number from 0 to 2^53. */
  integer(field: number, value: number): void {
    this.#varint(value);
    this.#varint(field * 8 + VARINT);
  }

  boolean(field: number, value: boolean): void {
    this.integer(field, Number(value));
  }

  /** A time before 1970 is a negative number, which takes ten bytes. */
  signed(field: number, value: number): void {
    if (value >= 0) this.integer(field, value);
    else this.#negative(field, value);
  }

  /** A message whose fields `write` writes. */
  message(field: number, write: () => void): void {
    const before = this.size;
    write();
    this.#head(field, BYTES, this.size - before);
  }

  /** A map of texts: one message with key and value for each pair, in the order given. */
  map(field: number, pairs: readonly (readonly [string, string])[]): void {
    for (let i = pairs.length - 1; i >= 0; i--) {
      const [key, value] = pairs[i] as readonly [string, string];
      const before = this.size;
      this.text(2, value);
      this.text(1, key);
      this.#head(field, BYTES, this.size - before);
    }
  }

  texts(field: number, values: readonly string[]): void {
    for (let i = values.length - 1; i >= 0; i--) this.text(field, values[i] as string);
  }

  messages<T>(field: number, items: readonly T[], write: (item: T) => void): void {
    for (let i = items.length - 1; i >= 0; i--) {
      const before = this.size;
      write(items[i] as T);
      this.#head(field, BYTES, this.size - before);
    }
  }

  /** Most texts are short and ASCII: then a loop is twice as fast as two calls out of JavaScript. False = nothing was written. */
  #short(value: string): boolean {
    const { length } = value;
    if (length > SHORT) return false;
    this.#reserve(length);
    const at = this.#at - length;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 128) return false;
      this.#buffer[at + i] = code;
    }
    this.#at = at;
    return true;
  }

  #any(value: string): number {
    const length = Buffer.byteLength(value);
    this.#reserve(length);
    this.#at -= length;
    this.#buffer.write(value, this.#at, length, 'utf8');
    return length;
  }

  #head(field: number, type: number, length: number): void {
    this.#varint(length);
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    let length = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
    this.#reserve(length);
    this.#at -= length;
    let rest = value;
    for (let i = 1; i < length; i++) {
      this.#buffer[this.#at + i - 1] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#at + length - 1] = rest;
  }

  #negative(field: number, value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    this.raw(Uint8Array.from(bytes));
    this.#varint(field * 8 + VARINT);
  }

  #reserve(length: number): void {
    if (length <= this.#at) return;
    const { size } = this;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, size + length));
    this.#buffer.copy(larger, larger.length - size, this.#at);
    this.#buffer = larger;
    this.#at = larger.length - size;
  }
}
