/** Where the text of a string lies in a JSON text, without its quotes. */
export interface StringSpan {
  /** `metadata.uid`; an item of a list has the path of the list. */
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** Wanted fields by the object at the top that holds them: `{ metadata: ['uid'] }`. */
export type WantedStrings = Readonly<Record<string, readonly string[]>>;

/**
 * The strings in the wanted fields of a JSON text, also those that are items of a list there, in the order of the text. `json` must be an object that
 * JSON.parse accepts. Undefined where a span might not be what the value says: for a text with an escape, or with a wanted
 * field twice. About 3 µs for 1 KB: what is not wanted is passed over.
 */
export function findStrings(json: string, wanted: WantedStrings): readonly StringSpan[] | undefined {
  if (json.includes('\\')) return undefined;
  const reader = new JsonCursor(json);
  const sections = new Set<string>();
  const spans: StringSpan[] = [];
  const isClear = reader.fields((section) => {
    const fields = Object.hasOwn(wanted, section) ? wanted[section] : undefined;
    if (fields === undefined || reader.peek() !== '{') {
      reader.skip();
      return fields === undefined;
    }
    const isFirst = !sections.has(section);
    sections.add(section);
    return isFirst && readSection(reader, { section, fields, spans });
  });
  return isClear ? spans : undefined;
}

interface Section {
  readonly section: string;
  readonly fields: readonly string[];
  readonly spans: StringSpan[];
}

function readSection(reader: JsonCursor, { section, fields, spans }: Section): boolean {
  const seen: string[] = [];
  return reader.fields((field) => {
    const path = `${section}.${field}`;
    if (!fields.includes(field)) {
      reader.skip();
      return true;
    }
    if (seen.includes(field)) return false;
    seen.push(field);
    if (reader.peek() === '[') reader.items(() => spans.push({ path, ...reader.span() }));
    else if (reader.peek() === '"') spans.push({ path, ...reader.span() });
    else reader.skip();
    return true;
  });
}

/** Goes through a JSON text that has no escapes and is known to be right. */
class JsonCursor {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  /** Calls `take` at the value of each field of the object here, until it says false. */
  fields(take: (key: string) => boolean): boolean {
    this.peek();
    this.#at++;
    while (this.peek() !== '}') {
      if (this.#json[this.#at] === ',') this.#at++;
      this.peek();
      const { start, end } = this.span();
      this.peek();
      this.#at++;
      if (!take(this.#json.slice(start, end))) return false;
    }
    this.#at++;
    return true;
  }

  /** Calls `take` at each string of the list here; what else is in it is passed over. */
  items(take: () => void): void {
    this.#at++;
    while (this.peek() !== ']') {
      if (this.#json[this.#at] === ',') this.#at++;
      if (this.peek() === '"') take();
      else this.skip();
    }
    this.#at++;
  }

  /** The string here; the cursor moves behind it. */
  span(): { readonly start: number; readonly end: number } {
    const start = this.#at + 1;
    const end = this.#json.indexOf('"', start);
    this.#at = end + 1;
    return { start, end };
  }

  /** The first character that is not white space. */
  peek(): string | undefined {
    while (' \t\r\n'.includes(this.#json[this.#at] ?? '-')) this.#at++;
    return this.#json[this.#at];
  }

  /** Moves behind the value here. */
  skip(): void {
    this.peek();
    let depth = 0;
    for (;;) {
      const character = this.#json[this.#at];
      if (character === undefined) return;
      if (character === '"') this.span();
      else if (depth === 0 && ',]}'.includes(character)) return;
      else {
        if (character === '{' || character === '[') depth++;
        else if (character === '}' || character === ']') depth--;
        this.#at++;
      }
      if (depth === 0 && '"}]'.includes(character)) return;
    }
  }
}
