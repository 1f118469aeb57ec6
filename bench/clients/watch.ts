/** Measures `count` changes of workload endpoints, from the wire to the change stream of the index. */
import { setTimeout as delay } from 'node:timers/promises';
import { finish, say, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';
import { Mirror } from './mirror.ts';
import type { Source } from './mirror.ts';

const { count, ...source } = work() as Source & { count: number };
const mirror = new Mirror(source);
await mirror.start();
await delay(300);
const { promise, resolve } = Promise.withResolvers<number>();
let seen = 0;
let first = 0;
mirror.index.onCommit((changes) => {
  if (seen === 0) first = performance.now();
  seen += changes.length;
  if (seen >= count) resolve(performance.now() - first);
});
const meter = new Meter();
meter.start();
say({ event: 'ready' });
const wallMs = await promise;
finish(await meter.stop(seen, wallMs));
