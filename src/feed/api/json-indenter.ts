const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Indents JSON that comes in pieces, cut anywhere: what `pretty=true` asks for. The text must be valid. */
export class JsonIndenter {
  #depth = 0;
  #inText = false;
  #isEscaped = false;
  /** A bracket was opened; an empty list or object stays on one line. */
  #isOpen = false;

  indent(piece: Uint8Array): Buffer {
    const parts: Buffer[] = [];
    let from = 0;
    const put = (until: number, text: string): void => {
      parts.push(Buffer.from(piece.subarray(from, until)), Buffer.from(text));
      from = until;
    };
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] ?? 0;
      if (this.#inText) {
        this.#passText(byte);
      } else if (BLANK.has(byte)) {
        put(at, '');
        from = at + 1;
      } else {
        this.#passToken(byte, at, put);
      }
    }
    put(piece.length, '');
    return Buffer.concat(parts);
  }

  #passText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#inText = false;
  }

  #passToken(byte: number, at: number, put: (until: number, text: string) => void): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = OPEN.has(byte);
    if (CLOSE.has(byte)) {
      this.#depth--;
      if (!wasOpen) put(at, this.#line);
      return;
    }
    if (wasOpen) put(at, this.#line);
    if (this.#isOpen) this.#depth++;
    else if (byte === QUOTE) this.#inText = true;
    else if (byte === COMMA) put(at + 1, this.#line);
    else if (byte === COLON) put(at + 1, ' ');
  }

  get #line(): string {
    return `\n${'  '.repeat(Math.min(this.#depth, 64))}`;
  }
}
