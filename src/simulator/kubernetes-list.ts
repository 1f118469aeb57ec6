import type { KubernetesContext } from './kubernetes-context.ts';
import { objectEnvelope, typeFields, contentType } from './kubernetes-frames.ts';
import type { ApiRequest } from './kubernetes-request.ts';
import { expired, failure, tooLarge } from './kubernetes-status.ts';
import type { ApiFailure } from './kubernetes-status.ts';
import { ProtobufWriter, bytesTag, varintSize, writeVarint } from './protobuf-writer.ts';
import { writeBody } from './response-writer.ts';
import { lowerBound } from './table.ts';
import type { Response } from './listener.ts';
import type { WorldItem } from './world-items.ts';

/** One page of a list. */
interface Page {
  readonly items: readonly WorldItem[];
  readonly revision: number;
  readonly next: string;
  readonly remaining: number;
}

/** Answers a list, or says why not. */
export function answerList(
  context: KubernetesContext,
  request: ApiRequest,
  response: Response,
): ApiFailure | undefined {
  const page = readPage(context, request);
  if ('code' in page) return page;
  response.writeHead(200, { 'content-type': contentType(request.format, false) });
  const body =
    request.format === 'json' ? jsonPage(context, request, page) : protobufPage(context, request, page);
  void writeBody(response, body);
  return undefined;
}

function readPage(context: KubernetesContext, request: ApiRequest): Page | ApiFailure {
  const start = startOf(context, request);
  if ('code' in start) return start;
  const { revision, after } = start;
  const all = context.table(request.resource).at(revision, context.world.store.revision);
  if (all === 'compacted') return expired(after === '' ? TOO_OLD : CONTINUE_TOO_OLD);
  if (all === 'future') return tooLarge(revision, context.world.store.revision);
  const { selects } = request;
  const selected = selects ? all.filter((item) => selects(item.key)) : all;
  const from = after === '' ? 0 : lowerBound(selected, `${after}\0`);
  const limit = Number(request.query.get('limit') ?? 0) || selected.length;
  const items = selected.slice(from, from + limit);
  const remaining = selected.length - from - items.length;
  const last = items.at(-1);
  const next = remaining > 0 && last ? continueToken({ revision, after: last.key }) : '';
  return { items, revision, next, remaining };
}

const TOO_OLD = 'The resourceVersion for the provided list is too old.';
const CONTINUE_TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

interface Start {
  readonly revision: number;
  /** The last key of the page before; '' = from the start. */
  readonly after: string;
}

/** Which snapshot a list asks for (Kubernetes API concepts, "resource versions"). */
function startOf(context: KubernetesContext, { query }: ApiRequest): Start | ApiFailure {
  const current = context.world.store.revision;
  const given = query.get('resourceVersion') ?? '';
  const match = query.get('resourceVersionMatch') ?? '';
  const token = query.get('continue') ?? '';
  if (token !== '') return startOfToken(token, given);
  if (given === '') {
    if (match === '') return { revision: current, after: '' };
    return failure(400, 'BadRequest', 'resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (!/^\d+$/.test(given)) return failure(400, 'BadRequest', `Invalid value: "${given}"`);
  const revision = Number(given);
  if (revision > current) return tooLarge(revision, current);
  // Without a match an old client's limit asks for that very snapshot.
  const exact = match === 'Exact' || (match === '' && query.has('limit') && revision !== 0);
  if (!exact) return { revision: current, after: '' };
  if (revision === 0) return failure(400, 'BadRequest', 'resourceVersionMatch "Exact" is forbidden for "0"');
  return { revision, after: '' };
}

function startOfToken(token: string, givenRevision: string): Start | ApiFailure {
  if (givenRevision !== '' && givenRevision !== '0') {
    return failure(400, 'BadRequest', 'specifying resource version is not allowed when using continue');
  }
  return readContinueToken(token) ?? failure(400, 'BadRequest', 'continue key is not valid');
}

function continueToken({ revision, after }: Start): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString(
    'base64url',
  );
}

function readContinueToken(token: string): Start | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Record<string, unknown>;
    const { rv, start } = parsed;
    return typeof rv === 'number' && typeof start === 'string' ? { revision: rv, after: start } : undefined;
  } catch {
    return undefined;
  }
}

function* jsonPage(context: KubernetesContext, request: ApiRequest, page: Page): Generator<Buffer> {
  const { resource } = request;
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.next === '' ? {} : { continue: page.next }),
    ...(page.next === '' || request.selects ? {} : { remainingItemCount: page.remaining }),
  };
  const list = { kind: `${resource.kind}List`, groupVersion: resource.groupVersion };
  yield Buffer.from(`${typeFields(list)},"metadata":${JSON.stringify(metadata)},"items":[`);
  // Items of built-in kinds have no type fields in a list; custom resources do.
  const head = Buffer.from(resource.protobuf ? '{' : `${typeFields(resource)},`);
  const nextHead = Buffer.concat([Buffer.from(','), head]);
  for (const [i, item] of page.items.entries()) {
    yield i === 0 ? head : nextHead;
    yield context.encode(resource, item, 'json').subarray(1);
  }
  yield Buffer.from(']}\n');
}

const ITEMS = bytesTag(2);

/** The envelope holds the size of the whole, so the page is encoded before its first byte is sent. */
function* protobufPage(context: KubernetesContext, request: ApiRequest, page: Page): Generator<Buffer> {
  const { resource } = request;
  const meta = new ProtobufWriter().string(2, String(page.revision)).string(3, page.next);
  if (page.next !== '' && !request.selects) meta.varint(4, page.remaining);
  const metadata = new ProtobufWriter().bytes(1, meta.finish()).finish();
  const items = page.items.map((item) => context.encode(resource, item, 'protobuf'));
  const size = items.reduce(
    (sum, item) => sum + ITEMS.length + varintSize(item.length) + item.length,
    metadata.length,
  );
  const list = { kind: `${resource.kind}List`, groupVersion: resource.groupVersion };
  const { head, tail } = objectEnvelope(list, size, 'protobuf');
  yield head;
  yield metadata;
  for (const item of items) {
    const prefix = Buffer.allocUnsafe(ITEMS.length + varintSize(item.length));
    writeVarint(prefix, ITEMS.copy(prefix), item.length);
    yield prefix;
    yield item;
  }
  yield tail;
}
