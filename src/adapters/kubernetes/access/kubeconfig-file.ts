import { LineCounter, parseDocument } from 'yaml';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import { type Place, configError } from './config-error.ts';
import { Fields } from './fields.ts';

/**
 * One kubeconfig, or several merged. Entries are looked at only when they are used: a broken user that no chosen
 * context names does no harm.
 *
 * Read with `yaml`, not with @kubernetes/client-node: that one costs 0.3 s and 90 MB to load, ignores `tokenFile`
 * and the impersonation lists, and does not resolve relative paths, so little of it would be used.
 */
export interface Kubeconfig {
  /** The files or fields it comes from, for messages. */
  readonly origin: string;
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, Fields>;
  readonly users: ReadonlyMap<string, Fields>;
  readonly contexts: ReadonlyMap<string, Fields>;
}

/** @throws DatastoreError of reaction `config` */
export function parseKubeconfig(text: string, place: Place): Kubeconfig {
  const fields = new Fields(place, '', parseYaml(text, place));
  const kind = fields.string('kind');
  if (kind !== '' && kind !== 'Config') throw fields.error('kind', 'must be Config');
  return {
    origin: place.origin,
    currentContext: fields.string('current-context'),
    clusters: entries(fields, 'clusters', 'cluster'),
    users: entries(fields, 'users', 'user'),
    contexts: entries(fields, 'contexts', 'context'),
  };
}

/** The first that sets a value wins; entries of one name are never mixed. As kubectl does it. */
export function mergeKubeconfigs(configs: readonly Kubeconfig[]): Kubeconfig {
  const first = (pick: (config: Kubeconfig) => ReadonlyMap<string, Fields>): ReadonlyMap<string, Fields> =>
    new Map(configs.toReversed().flatMap((config) => Array.from(pick(config))));
  return {
    origin: configs.map((config) => config.origin).join(', '),
    currentContext: configs.find((config) => config.currentContext !== '')?.currentContext ?? '',
    clusters: first((config) => config.clusters),
    users: first((config) => config.users),
    contexts: first((config) => config.contexts),
  };
}

function entries(fields: Fields, list: string, inner: string): ReadonlyMap<string, Fields> {
  const found = new Map<string, Fields>();
  for (const item of fields.mappings(list)) {
    const name = item.string('name');
    if (name === '') throw item.error('name', 'is missing');
    // kubectl lets the first of two equal names win, across files and within one.
    if (found.has(name)) continue;
    found.set(name, new Fields(fields.place, `${list}[${name}].${inner}`, item.raw(inner)));
  }
  return found;
}

/** The parser's own messages quote the text, which holds credentials: only its code and position are passed on. */
function parseYaml(text: string, place: Place): unknown {
  const lineCounter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
    const error = document.errors[0];
    if (error === undefined) return document.toJS({ maxAliasCount: 100 });
    const { line, col } = lineCounter.linePos(error.pos[0]);
    const where = `line ${line}, column ${col}`;
    throw configError(place, where, `is not valid YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`);
  } catch (error) {
    if (error instanceof DatastoreError) throw error;
    throw configError(place, 'the text', 'is not valid YAML');
  }
}
