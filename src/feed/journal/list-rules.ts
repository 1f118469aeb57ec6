import type { FeedFailure, ListRequest, WatchRequest } from '../feed-store.ts';
import { parseToken } from './continue-token.ts';
import type { ContinueToken } from './continue-token.ts';
import { badRequest, expired, invalidOptions, notIssued } from './feed-failure.ts';
import type { InvalidField } from './feed-failure.ts';
import type { FeedRevisions } from './feed-revisions.ts';

// The rules of `resourceVersion` and its companions, as ValidateListOptions of k8s.io/apimachinery and the documentation
// of the Kubernetes API ("Resource versions") have them. Here "any" and "not older than" are always answered with the present.

/** `now`: what is there; `exact`: what was there at a sequence. */
export type ListStart = 'now' | { readonly exact: number };

/** Which objects a list without a continue token shows. `newest` is the present sequence. */
export function listStart(
  request: ListRequest,
  revisions: FeedRevisions,
  newest: number,
): ListStart | FeedFailure {
  const invalid = invalidList(request);
  if (invalid !== undefined) return invalid;
  const { resourceVersion, resourceVersionMatch, limit } = request;
  if (resourceVersion === '' || resourceVersion === '0') return 'now';
  const sequence = issued(resourceVersion, revisions, newest);
  if (typeof sequence !== 'number') return asList(sequence);
  // A page of a list at a given version means exactly that version, where nothing else is said.
  const isExact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0);
  return isExact ? { exact: sequence } : 'now';
}

/** Where a list with a continue token goes on, as far as the token says. */
export function continueStart(request: ListRequest): ContinueToken | FeedFailure {
  const invalid = invalidList(request);
  if (invalid !== undefined) return invalid;
  const token = parseToken(request.continue);
  if (token === undefined) return badContinue(request.continue);
  const { resourceVersion } = request;
  if (resourceVersion === '' || resourceVersion === '0') return token;
  return badRequest('specifying resource version is not allowed when using continue');
}

/** As the API server has it, with the words of Go for what is not base64. */
function badContinue(text: string): FeedFailure {
  const at = text.search(/[^\w-]/);
  const broken = at >= 0 ? at : text.length % 4 === 1 ? text.length - 1 : undefined;
  const why =
    broken === undefined ? 'it is no token of a feed' : `illegal base64 data at input byte ${broken}`;
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}

/** How a watch starts: with all objects as if they were new, or after a sequence, with what comes from then on. */
export interface WatchStart {
  readonly initial: boolean;
  /** A bookmark that says where the initial events end. */
  readonly isMarked: boolean;
  /** undefined = now. */
  readonly after: number | undefined;
}

/** `expired` in the answer is to be told in the stream. */
export function watchStart(
  request: WatchRequest,
  revisions: FeedRevisions,
  newest: number,
): WatchStart | FeedFailure {
  const invalid = invalidWatch(request);
  if (invalid !== undefined) return invalid;
  const { resourceVersion, sendInitialEvents, allowWatchBookmarks } = request;
  const isAny = resourceVersion === '' || resourceVersion === '0';
  const sequence = isAny ? undefined : issued(resourceVersion, revisions, newest);
  if (typeof sequence === 'object') return sequence;
  const initial = sendInitialEvents ?? isAny;
  const isMarked = sendInitialEvents === true && allowWatchBookmarks;
  return { initial, isMarked, after: initial ? undefined : sequence };
}

/** For a get, whose answer is always the present. */
export function getFailure(
  resourceVersion: string,
  revisions: FeedRevisions,
  newest: number,
): FeedFailure | undefined {
  if (resourceVersion === '' || resourceVersion === '0') return undefined;
  const sequence = issued(resourceVersion, revisions, newest);
  return typeof sequence === 'number' ? undefined : sequence;
}

/** The sequence of a resource version that this process issued. */
function issued(text: string, revisions: FeedRevisions, newest: number): number | FeedFailure {
  const revision = revisions.parse(text);
  if (revision === 'malformed') {
    const shown = JSON.stringify(text.slice(0, 100));
    return badRequest(
      `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`,
    );
  }
  if (revision === 'foreign') return notIssued(text);
  const sequence = revisions.sequence(revision);
  return sequence > newest ? notIssued(text) : sequence;
}

/** The API server says it of lists in one sentence more. */
function asList(failure: FeedFailure): FeedFailure {
  if (failure.code !== 400) return failure;
  return { ...failure, message: `invalid resource version: ${failure.message}` };
}

/** An exact version that is not there any more. */
export function exactExpired(): FeedFailure {
  return expired('The resourceVersion for the provided list is too old.');
}

const MATCH = 'resourceVersionMatch';

function invalidList(request: ListRequest): FeedFailure | undefined {
  const { resourceVersion, resourceVersionMatch: match, sendInitialEvents } = request;
  const causes: InvalidField[] = [];
  if (match !== '') {
    if (resourceVersion === '') {
      causes.push(forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    }
    if (request.continue !== '') {
      causes.push(forbidden(MATCH, 'resourceVersionMatch is forbidden for continue'));
    }
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      causes.push(notSupported(match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && resourceVersion === '0') {
      causes.push(forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (sendInitialEvents !== undefined) {
    causes.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return causes.length === 0 ? undefined : invalidOptions(causes);
}

function invalidWatch(request: WatchRequest): FeedFailure | undefined {
  const { resourceVersionMatch: match, sendInitialEvents } = request;
  const causes: InvalidField[] = [];
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    causes.push(forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (match !== '') {
    if (sendInitialEvents === undefined) {
      causes.push(
        forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
      );
    }
    if (match !== 'NotOlderThan') causes.push(notSupported(match, ['NotOlderThan']));
  }
  return causes.length === 0 ? undefined : invalidOptions(causes);
}

function forbidden(field: string, why: string): InvalidField {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

function notSupported(value: string, supported: readonly string[]): InvalidField {
  const shown = supported.map((each) => JSON.stringify(each)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value.slice(0, 100))}: supported values: ${shown}`;
  return { reason: 'FieldValueNotSupported', message, field: MATCH };
}
