import type { FeedResource } from '../feed-resource.ts';
import type { FeedEncoding, FeedNarrowing, FeedRevisions } from '../feed-store.ts';
import { demandedValue, parseFieldSelector } from '../objects/field-selector.ts';
import { SelectorError } from '../objects/selector-error.ts';

/** The parameters of a list or watch: `ListOptions` of the Kubernetes API, with its rules of reading. */
export interface ListOptions extends FeedNarrowing, FeedRevisions {
  readonly watch: boolean;
  readonly limit: number;
  readonly continue: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** A parameter that cannot be read. The message is the API server's. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
}

/** Whether a GET of a collection is a watch. */
export function isWatch(query: URLSearchParams): boolean {
  return flag(query, 'watch') ?? false;
}

/** Parameters that are not known are ignored. @throws ParameterError */
export function listOptions(query: URLSearchParams): ListOptions {
  return {
    watch: isWatch(query),
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: Math.max(0, integer(query, 'limit') ?? 0),
    continue: query.get('continue') ?? '',
    allowWatchBookmarks: flag(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: flag(query, 'sendInitialEvents'),
    timeoutSeconds: integer(query, 'timeoutSeconds'),
  };
}

/** What `pretty` says, as Go reads booleans; undefined = nothing. */
export function prettyOf(query: URLSearchParams): boolean | undefined {
  const text = query.get('pretty') ?? '';
  return text === '' ? undefined : ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}

/** The rows of a table carry metadata only, if not asked otherwise. @throws ParameterError */
export function includeObject(query: URLSearchParams): FeedEncoding['includeObject'] {
  const policy = query.get('includeObject') ?? '';
  switch (policy) {
    case '':
    case 'Metadata':
      return 'Metadata';
    case 'None':
    case 'Object':
      return policy;
    default:
      throw new ParameterError(
        `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(policy)}: must be 'Metadata', 'Object', 'None', or empty`,
      );
  }
}

/** The one object that a collection is narrowed to by `metadata.name=`; '' = none, or the selector cannot be read. */
export function selectedName(fieldSelector: string, resource: FeedResource): string {
  if (fieldSelector === '') return '';
  try {
    return demandedValue(parseFieldSelector(fieldSelector, resource), 'metadata.name') ?? '';
  } catch (error) {
    if (error instanceof SelectorError) return '';
    throw error;
  }
}

/** As the API server reads booleans: everything but `false` and `0` is true, also nothing at all. */
function flag(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return text.toLowerCase() !== 'false' && text !== '0';
}

const MAX_INT64 = 2n ** 63n - 1n;

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const shown = JSON.stringify(text.slice(0, 100));
  if (!/^[+-]?\d+$/.test(text))
    throw new ParameterError(`strconv.ParseInt: parsing ${shown}: invalid syntax`);
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (value > MAX_INT64 || value < -MAX_INT64 - 1n) {
    throw new ParameterError(`strconv.ParseInt: parsing ${shown}: value out of range`);
  }
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
}
