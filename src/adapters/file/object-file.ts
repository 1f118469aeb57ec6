import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { yieldLoop } from '../../runtime/yield.ts';
import { splitYamlList } from './yaml-list.ts';

/** One object of a file, with its place for messages. */
export interface FileObject {
  readonly value: Readonly<Record<string, unknown>>;
  /** `/etc/rcc/a.yaml, document 2`. */
  readonly place: string;
  readonly kind: string;
  readonly apiVersion: string;
}

/** A file that cannot be read as a whole: nothing of it is used. */
export class ObjectFileError extends Error {
  override readonly name = 'ObjectFileError';
  readonly place: string;

  constructor(place: string, problem: string, options?: { readonly cause?: unknown }) {
    super(problem, options);
    this.place = place;
  }
}

/** More than any RCC directory or exported cluster needs; keeps a wrong path from filling the memory. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Whether a file of a directory is meant to be read. Names with a leading dot belong to mounts and editors. */
export function isObjectFile(name: string): boolean {
  return !name.startsWith('.') && /\.(ya?ml|json)$/.test(name);
}

/**
 * Reads a YAML or JSON file with any number of documents; `List` kinds are opened. Rejects with ObjectFileError,
 * which names the line where the text is at fault.
 */
export async function readObjectFile(path: string): Promise<FileObject[]> {
  let text: string;
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ObjectFileError(path, `cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  const values = path.endsWith('.json') ? [parseJson(path, text)] : await parseYamlFile(path, text);
  return values.flatMap((value, i) => {
    if (value === null || value === undefined) return [];
    return openList(value, values.length > 1 ? `${path}, document ${i + 1}` : path);
  });
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the text around the fault, which may be a credential.
    const position = /position \d+( \(line \d+ column \d+\))?/.exec(reasonOf(error))?.[0];
    throw new ObjectFileError(path, `is not JSON${position ? `, at ${position}` : ''}`);
  }
}

/** Above this a list is read item by item: the parser's time and memory grow faster than the text. */
const LARGE_YAML_CHARS = 64 * 1024;
/** Between two turns for the rest of the process. */
const SLICE_CHARS = 32 * 1024;

async function parseYamlFile(path: string, text: string): Promise<unknown[]> {
  const list = text.length > LARGE_YAML_CHARS ? splitYamlList(text) : undefined;
  const [head, ...more] = parseYaml(path, list?.head ?? text);
  if (!list || more.length > 0 || typeof head !== 'object' || head === null) {
    return list ? parseYaml(path, text) : [head, ...more];
  }
  const items: unknown[] = [];
  let unbroken = 0;
  for (const item of list.items) {
    items.push(...parseYaml(path, item.text, item.line - 1));
    unbroken += item.text.length;
    if (unbroken < SLICE_CHARS) continue;
    unbroken = 0;
    await yieldLoop();
  }
  return [{ ...head, items }];
}

function parseYaml(path: string, text: string, linesBefore = 0): unknown[] {
  const documents = parseAllDocuments(text, { logLevel: 'silent' });
  return documents.map((document, i) => {
    const [error] = document.errors;
    const place = documents.length > 1 ? `${path}, document ${i + 1}` : path;
    if (error) {
      const line = error.linePos?.[0].line;
      const where = line ? `, line ${linesBefore + line}` : '';
      throw new ObjectFileError(place, `is not YAML${where}: ${error.code}`);
    }
    try {
      return document.toJS({ maxAliasCount: 100 }) as unknown;
    } catch (cause) {
      throw new ObjectFileError(place, 'has too many aliases', { cause });
    }
  });
}

function openList(value: unknown, place: string): FileObject[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ObjectFileError(place, 'is not an object');
  }
  const object = value as Readonly<Record<string, unknown>>;
  const { kind, apiVersion, items } = object;
  if (typeof kind !== 'string' || kind === '') throw new ObjectFileError(place, 'has no kind');
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  if (!kind.endsWith('List') || !Array.isArray(items))
    return [{ value: object, place, kind, apiVersion: version }];
  // Items of a typed list leave out kind and apiVersion: they follow from the list's.
  const itemKind = kind.slice(0, -'List'.length);
  return items.flatMap((item: unknown, i) => {
    const typed = itemKind === '' ? item : { kind: itemKind, apiVersion: version, ...(item as object) };
    return openList(typed, `${place}, item ${i + 1}`);
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
