/** A record with the line that it begins in, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** What is wrong with a CSV text; names the line, never its content. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

const FIELD = /"((?:[^"]|"")*)"|([^",\r\n]*)/y;
const END = /,|\r?\n|$/y;

/**
 * Records of RFC 4180: fields in quotes may hold commas, line ends and doubled quotes; blanks belong to a field. Blank lines
 * are left out. @throws CsvError
 */
export function parseCsv(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let begin = line;
  // A byte order mark is no part of the first field.
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (let isOver = at === text.length; !isOver;) {
    const { value, lineEnds, end, next } = fieldAt(text, at, line);
    fields.push(value);
    line += lineEnds;
    at = next;
    if (end === ',') continue;
    if (fields.length > 1 || value !== '') records.push({ line: begin, fields });
    fields = [];
    line++;
    begin = line;
    isOver = at === text.length;
  }
  return records;
}

interface Field {
  readonly value: string;
  /** Line ends within it. */
  readonly lineEnds: number;
  /** What follows it: a comma, a line end, or '' at the end of the text. */
  readonly end: string;
  readonly next: number;
}

function fieldAt(text: string, at: number, line: number): Field {
  FIELD.lastIndex = at;
  const field = FIELD.exec(text);
  END.lastIndex = at + (field?.[0].length ?? 0);
  const end = END.exec(text);
  if (field === null || end === null) {
    throw new CsvError(`line ${line}: a quote or a line end is out of place, or a quote is never closed`);
  }
  const [whole, quoted, plain = ''] = field;
  return {
    value: quoted?.replaceAll('""', '"') ?? plain,
    lineEnds: whole.split('\n').length - 1,
    end: end[0],
    next: END.lastIndex,
  };
}
