/** etcd3 with JSON.parse: `getAll` of a prefix into a Map, or for `updates` > 0 its watcher. */
import { Etcd3 } from 'etcd3';
import { setTimeout as delay } from 'node:timers/promises';
import { finish, say, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';

const { server, prefix, count, updates } = work() as {
  server: string;
  prefix: string;
  count: number;
  updates?: number;
};
const meter = new Meter();
if (updates === undefined) meter.start();
// The default limit of 4 MiB for a message refuses a list of this size.
const client = new Etcd3({ hosts: server, grpcOptions: { 'grpc.max_receive_message_length': -1 } });
const store = new Map<string, unknown>();
if (updates === undefined) {
  const all = await client.getAll().prefix(prefix).buffers();
  for (const [key, value] of Object.entries(all)) store.set(key, JSON.parse(value.toString('utf8')));
  if (store.size < count) throw new Error(`${store.size} of ${count} keys`);
  const measured = await meter.stop(store.size);
  say({ event: 'synced' });
  finish(measured);
} else {
  const { promise, resolve } = Promise.withResolvers<number>();
  let seen = 0;
  let first = 0;
  const watcher = await client.watch().prefix(prefix).create();
  watcher.on('put', ({ key, value }) => {
    if (seen++ === 0) first = performance.now();
    store.set(key.toString('utf8'), JSON.parse(value.toString('utf8')));
    if (seen === updates) resolve(performance.now() - first);
  });
  await delay(300);
  meter.start();
  say({ event: 'ready' });
  const wallMs = await promise;
  finish(await meter.stop(seen, wallMs));
}
