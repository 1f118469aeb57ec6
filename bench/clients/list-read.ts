/**
 * Reads one list of a Kubernetes API, whole or in pages, over a connection that is there already. Bytes are those of the body as
 * they travel. Pages are decoded, for their continue tokens; of a whole list the objects are counted when the time is taken.
 */
import { gunzipSync } from 'node:zlib';
import { ApiReader } from '../harness/api-reader.ts';
import type { ApiAccess } from '../harness/api-reader.ts';
import { finish, say, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';

interface List {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly unknown[];
}

const CREATED = '"creationTimestamp":"';
const { access, path, pageSize, gzip } = work() as {
  readonly access: ApiAccess;
  readonly path: string;
  /** 0 = the whole list. */
  readonly pageSize: number;
  readonly gzip: boolean;
};
using reader = new ApiReader(access);
await reader.json('/version');
let bytes = 0;
let objects = 0;
let firstByteMs: number | undefined;
const meter = new Meter();
meter.start();
const began = performance.now();

async function read(query: string): Promise<Buffer> {
  const answer = await reader.open(`${path}?${query}`, gzip);
  const kept: Buffer[] = [];
  for await (const chunk of answer) {
    firstByteMs ??= performance.now() - began;
    bytes += (chunk as Buffer).length;
    kept.push(chunk as Buffer);
  }
  return Buffer.concat(kept);
}

function unzipped(body: Buffer): Buffer {
  return gzip ? gunzipSync(body) : body;
}

/** Without decoding 100 MB: every object has one of these, and nothing else has. */
function countIn(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(CREATED); at >= 0; at = body.indexOf(CREATED, at + CREATED.length)) count++;
  return count;
}

async function pages(): Promise<void> {
  let token = '';
  do {
    const more = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
    const body = unzipped(await read(`limit=${pageSize}${more}`));
    const list = JSON.parse(body.toString('utf8')) as List;
    objects += list.items.length;
    token = list.metadata.continue ?? '';
  } while (token !== '');
}

let whole: Buffer | undefined;
// An informer's first list may be of any revision; a list in pages is of the newest.
if (pageSize === 0) whole = await read('resourceVersion=0');
else await pages();
const wallMs = performance.now() - began;
say({ event: 'synced' });
const measured = await meter.stop(objects, wallMs);
if (whole !== undefined) objects = countIn(unzipped(whole));
finish({ ...measured, objects, extra: { bytes, firstByteMs: firstByteMs ?? Number.NaN } });
