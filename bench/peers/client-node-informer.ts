/** @kubernetes/client-node's informer: until it holds all pods, or for `updates` > 0 from the first to the last update. */
import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { setTimeout as delay } from 'node:timers/promises';
import { finish, say, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';

const { server, kubeconfig, count, updates } = work() as {
  server?: string;
  kubeconfig?: string;
  count: number;
  updates?: number;
};
const meter = new Meter();
if (updates === undefined) meter.start();
const config = new KubeConfig();
if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
else {
  config.loadFromOptions({
    clusters: [{ name: 'replay', server: server ?? '', skipTLSVerify: true }],
    users: [{ name: 'nobody' }],
    contexts: [{ name: 'replay', cluster: 'replay', user: 'nobody' }],
    currentContext: 'replay',
  });
}
const api = config.makeApiClient(CoreV1Api);
const informer = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
informer.on('error', (error: unknown) => {
  throw error instanceof Error ? error : new Error(String(error));
});
const { promise, resolve } = Promise.withResolvers<number>();
let seen = 0;
let first = 0;
if (updates !== undefined) {
  informer.on('update', () => {
    if (seen++ === 0) first = performance.now();
    if (seen === updates) resolve(performance.now() - first);
  });
}
await informer.start();
const held = informer.list().length;
if (held < count) throw new Error(`${held} of ${count} pods`);
if (updates === undefined) {
  const measured = await meter.stop(held);
  say({ event: 'synced' });
  finish(measured);
} else {
  await delay(500);
  meter.start();
  say({ event: 'ready' });
  const wallMs = await promise;
  finish(await meter.stop(seen, wallMs));
}
