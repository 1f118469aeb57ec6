import type { JsonObject } from '../../../src/model/json-field.ts';
import type { ApiAnswer } from './api-question.ts';

/** What a client notices of an answer: code, type, and what is in it; without what no two servers have in common. */
export function summaryOf({ status, headers, text }: ApiAnswer): string {
  const type = (headers['content-type'] ?? 'no type').replace('application/', '');
  const parts = [String(status), type];
  if (headers['content-encoding'] !== undefined) parts.push(headers['content-encoding']);
  if (type.startsWith('vnd.kubernetes.protobuf')) parts.push(text.startsWith('k8s\0') ? 'k8s' : 'frames');
  else if (type.startsWith('json') && text !== '') parts.push(...jsonParts(text));
  else parts.push(text.length > 60 ? 'a text' : text.trim());
  return parts
    .filter((part) => part !== '')
    .join(' · ')
    .replaceAll(/\b\d{4,}\b|(?<=current: )\d+/g, 'N');
}

function jsonParts(text: string): string[] {
  const documents = documentsOf(text);
  const [first] = documents;
  if (first === undefined) return ['unreadable'];
  if ('type' in first && 'object' in first) return [eventsInOrder(documents.map(eventPart)).join(', ')];
  return documents.flatMap(objectParts);
}

/** One JSON document, or one for each line. */
function documentsOf(text: string): JsonObject[] {
  try {
    return [JSON.parse(text) as JsonObject];
  } catch {
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as JsonObject);
  }
}

function objectParts(object: JsonObject): string[] {
  const metadata = (object['metadata'] ?? {}) as JsonObject;
  if (object['kind'] === 'Status') return statusParts(object);
  const parts = [String(object['kind'])];
  if (Array.isArray(object['items'])) parts.push(itemsPart(object['items'] as JsonObject[], metadata));
  if (Array.isArray(object['rows'])) {
    const rows = object['rows'] as { readonly object?: JsonObject; readonly cells: readonly unknown[] }[];
    const kinds = [
      ...new Set(
        rows.map((row) =>
          row.object === undefined || row.object === null ? 'no object' : String(row.object['kind']),
        ),
      ),
    ];
    parts.push(`${rows.length} rows with ${kinds.join(' ')}`);
  }
  const said = Object.entries(metadata)
    .filter(([key, value]) => ['continue', 'remainingItemCount', 'name'].includes(key) && value !== '')
    .map(([key, value]) => (key === 'continue' ? key : `${key} ${String(value)}`));
  if (metadata['resourceVersion'] === '') said.push('no resourceVersion');
  parts.push(...said);
  return parts;
}

/** A page may begin with any object; a whole list has all, in an order that means nothing. */
function itemsPart(items: readonly JsonObject[], { continue: token = '' }: JsonObject): string {
  return token === '' ? `[${items.map(nameOf).sort().join(' ')}]` : `${items.length} items`;
}

function statusParts(status: JsonObject): string[] {
  const { reason, message, details } = status;
  const { kind, causes, retryAfterSeconds } = (details ?? {}) as JsonObject & { readonly kind?: string };
  const parts = [`Status ${String(reason ?? status['status'])}`];
  if (kind !== undefined) parts.push(`of ${kind}`);
  if (Array.isArray(causes))
    parts.push(causes.map((cause: JsonObject) => String(cause['field'] ?? cause['reason'])).join(' '));
  if (retryAfterSeconds !== undefined) parts.push('retryAfterSeconds');
  parts.push(`"${shortened(String(message).replaceAll('\n', ' '))}"`);
  return parts;
}

/** Initial events come in an order that means nothing, and bookmarks when it suits the server. */
function eventsInOrder(all: readonly string[]): readonly string[] {
  const events = all.filter((event) => event !== 'BOOKMARK');
  if (events.length < all.length) events.push('bookmarks');
  const at = events.findIndex((event) => !event.startsWith('ADDED'));
  const initial = at < 0 ? events.length : at;
  return [...events.slice(0, initial).sort(), ...events.slice(initial)];
}

function shortened(message: string): string {
  return message.length <= 90 ? message : `${message.slice(0, 90)}…`;
}

function eventPart({ type, object }: JsonObject): string {
  const shown = object as JsonObject;
  if (type === 'ERROR') return `ERROR ${String(shown['code'])} ${String(shown['reason'])}`;
  if (type === 'BOOKMARK') {
    const { annotations = {} } = shown['metadata'] as { readonly annotations?: Record<string, string> };
    return ['BOOKMARK', ...Object.keys(annotations)].join(' ');
  }
  if (shown['kind'] === 'Table') {
    const { columnDefinitions } = shown;
    const rows = shown['rows'] as { readonly object: JsonObject }[];
    const columns = Array.isArray(columnDefinitions) && columnDefinitions.length > 0 ? ' with columns' : '';
    return `${String(type)} table${columns} ${rows.map((row) => nameOf(row.object)).join(' ')}`;
  }
  return `${String(type)} ${nameOf(shown)}`;
}

function nameOf(object: JsonObject): string {
  return String((object['metadata'] as JsonObject | undefined)?.['name']);
}

/** The headers that say something of the answer rather than of the connection. */
export function headersOf({ headers }: ApiAnswer): string {
  const boring = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);
  return Object.keys(headers)
    .filter((name) => !boring.has(name))
    .sort()
    .join(' ');
}

/** The fields of an object, those in lists once. */
export function fieldsOf({ text }: ApiAnswer): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, `${path}[]`);
    } else if (typeof value === 'object' && value !== null && !OPEN_MAPS.test(path)) {
      for (const [key, inner] of Object.entries(value)) visit(inner, path === '' ? key : `${path}.${key}`);
    } else {
      found.add(path);
    }
  };
  visit(JSON.parse(text), '');
  return found;
}

/** Maps whose keys users choose, and what only a server with writers has. */
const OPEN_MAPS = /^(metadata\.(labels|annotations|managedFields\[\])|spec\.selector)$/;
