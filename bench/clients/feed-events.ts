/**
 * Watches the feed of a daemon, the merged view of all namespaces, and writes down when it was told what. It says `ready` when
 * both watches have begun; any message asks for what came since the last time.
 */
import { ApiReader } from '../harness/api-reader.ts';
import type { ApiAccess } from '../harness/api-reader.ts';
import { work } from '../harness/client-protocol.ts';
import { now } from '../harness/shared-clock.ts';

interface FeedObject {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
}

interface FeedEvent {
  readonly type: string;
  readonly object: FeedObject;
}

export interface FeedArrivals {
  /** `namespace name` of endpoints. */
  readonly endpoints: readonly (readonly [key: string, at: number])[];
  /** `address ready` of what slices hold. */
  readonly slices: readonly (readonly [key: string, at: number])[];
  readonly events: number;
}

const access = work() as ApiAccess;
let endpoints: [string, number][] = [];
let slices: [string, number][] = [];
let events = 0;

/** Begins behind what there is. */
async function watch(path: string, take: (object: FeedObject, at: number) => void): Promise<void> {
  const lists = new ApiReader(access);
  const { metadata } = (await lists.json(`${path}?limit=1`)) as { metadata: { resourceVersion: string } };
  lists[Symbol.dispose]();
  const from = encodeURIComponent(metadata.resourceVersion);
  const answer = await new ApiReader(access).open(`${path}?watch=1&resourceVersion=${from}`);
  let rest = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    const at = now();
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as FeedEvent;
      if (type === 'ERROR') throw new Error(`the watch of ${path} ended: ${line}`);
      events++;
      if (type === 'ADDED' || type === 'MODIFIED') take(object, at);
    }
  });
  answer.once('close', () => {
    throw new Error(`the watch of ${path} was cut`);
  });
}

await watch('/apis/projectcalico.org/v3/workloadendpoints', ({ metadata }, at) => {
  endpoints.push([`${metadata.namespace} ${metadata.name}`, at]);
});
await watch('/apis/discovery.k8s.io/v1/endpointslices', (slice, at) => {
  for (const { addresses, conditions } of slice.endpoints ?? []) {
    slices.push([`${addresses[0]} ${conditions?.ready !== false}`, at]);
  }
});
process.on('message', () => {
  const arrivals: FeedArrivals = { endpoints, slices, events };
  process.send?.(arrivals);
  endpoints = [];
  slices = [];
  events = 0;
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
