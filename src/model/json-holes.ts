/** A value that differs between texts: a plain string (without its quotes), or a list or object with all that is in it. */
export interface JsonHole {
  /** `metadata.uid`. */
  readonly path: string;
  readonly kind: 'text' | 'region';
  readonly start: number;
  readonly end: number;
}

/** Wanted fields by the object at the top that holds them: `{ metadata: { uid: 'text', labels: 'region' } }`. */
export type WantedHoles = Readonly<Record<string, Readonly<Record<string, JsonHole['kind']>>>>;

/**
 * The wanted fields of a JSON text, in the order of the text; one that is there in another form (null, a number) is left out.
 * `json` must be an object that JSON.parse accepts. Undefined where a hole might not be what the value says: for a text with a
 * wanted field twice, or with an escape outside the regions, which may spell one.
 */
export function findHoles(json: string, wanted: WantedHoles): readonly JsonHole[] | undefined {
  const cursor = new JsonCursor(json);
  const sections = new Set<string>();
  const holes: JsonHole[] = [];
  const isClear = cursor.fields((section) => {
    const fields = Object.hasOwn(wanted, section) ? wanted[section] : undefined;
    if (fields === undefined || cursor.peek() !== '{') {
      cursor.skip();
      return fields === undefined;
    }
    const isFirst = !sections.has(section);
    sections.add(section);
    return isFirst && readSection(cursor, { section, fields, holes });
  });
  return isClear && !hasEscapeOutside(json, holes) ? holes : undefined;
}

interface Section {
  readonly section: string;
  readonly fields: WantedHoles[string];
  readonly holes: JsonHole[];
}

function readSection(cursor: JsonCursor, { section, fields, holes }: Section): boolean {
  const seen: string[] = [];
  return cursor.fields((field) => {
    const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (kind === undefined) {
      cursor.skip();
      return true;
    }
    if (seen.includes(field)) return false;
    seen.push(field);
    const path = `${section}.${field}`;
    const first = cursor.peek();
    if (kind === 'text' && first === '"') {
      holes.push({ path, kind, ...cursor.string() });
      return true;
    }
    const start = cursor.at;
    cursor.skip();
    if (kind === 'region' && (first === '{' || first === '[')) {
      holes.push({ path, kind, start, end: cursor.at });
    }
    return true;
  });
}

function hasEscapeOutside(json: string, holes: readonly JsonHole[]): boolean {
  let from = 0;
  for (const { kind, start, end } of holes) {
    if (kind === 'text') continue;
    if (json.slice(from, start).includes('\\')) return true;
    from = end;
  }
  return json.includes('\\', from);
}

/** Goes through a JSON text that is known to be right. */
class JsonCursor {
  readonly #json: string;
  at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  /** Calls `take` at the value of each field of the object here, until it says false. */
  fields(take: (key: string) => boolean): boolean {
    this.peek();
    this.at++;
    while (this.peek() !== '}') {
      if (this.#json[this.at] === ',') this.at++;
      this.peek();
      const { start, end } = this.string();
      this.peek();
      this.at++;
      if (!take(this.#json.slice(start, end))) return false;
    }
    this.at++;
    return true;
  }

  /** The string here, without its quotes; the cursor moves behind it. */
  string(): { readonly start: number; readonly end: number } {
    const start = this.at + 1;
    let end = start;
    while (this.#json[end] !== '"') end += this.#json[end] === '\\' ? 2 : 1;
    this.at = end + 1;
    return { start, end };
  }

  /** The first character that is not white space. */
  peek(): string | undefined {
    while (' \t\r\n'.includes(this.#json[this.at] ?? '-')) this.at++;
    return this.#json[this.at];
  }

  /** Moves behind the value here. */
  skip(): void {
    this.peek();
    let depth = 0;
    for (;;) {
      const character = this.#json[this.at];
      if (character === undefined) return;
      if (character === '"') this.string();
      else if (depth === 0 && ',]}'.includes(character)) return;
      else {
        if (character === '{' || character === '[') depth++;
        else if (character === '}' || character === ']') depth--;
        this.at++;
      }
      if (depth === 0 && '"}]'.includes(character)) return;
    }
  }
}
