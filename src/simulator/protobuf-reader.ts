/** A message as a list of its fields. Requests are small; nothing is skipped or streamed. */
export class ProtobufFields {
  readonly #numbers = new Map<number, bigint>();
  readonly #bytes = new Map<number, Buffer[]>();

  /** Throws RangeError where the bytes are no protocol-buffer message. */
  constructor(message: Buffer) {
    let at = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; shift < 70n; shift += 7n) {
        const byte = message[at++];
        if (byte === undefined) throw new RangeError('message ends inside a number');
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return BigInt.asUintN(64, value);
      }
      throw new RangeError('number has more than 10 bytes');
    };
    while (at < message.length) {
      const tag = Number(varint());
      const field = tag >>> 3;
      if ((tag & 7) === 0) {
        this.#numbers.set(field, varint());
      } else if ((tag & 7) === 2) {
        const length = Number(varint());
        if (at + length > message.length) throw new RangeError('message ends inside a field');
        const all = this.#bytes.get(field) ?? [];
        all.push(message.subarray(at, at + length));
        this.#bytes.set(field, all);
        at += length;
      } else {
        throw new RangeError(`wire type ${tag & 7} is not used here`);
      }
    }
  }

  /** A signed number; 0 where the field is absent. */
  number(field: number): number {
    return Number(BigInt.asIntN(64, this.#numbers.get(field) ?? 0n));
  }

  bool(field: number): boolean {
    return this.number(field) !== 0;
  }

  /** Enum values of a repeated field, packed or a single one. */
  numbers(field: number): number[] {
    const packed = Array.from(Buffer.concat(this.#bytes.get(field) ?? []));
    return this.#numbers.has(field) ? [...packed, this.number(field)] : packed;
  }

  /** undefined where the field is absent. */
  bytes(field: number): Buffer | undefined {
    return this.#bytes.get(field)?.at(-1);
  }

  string(field: number): string {
    return this.bytes(field)?.toString('utf8') ?? '';
  }
}
