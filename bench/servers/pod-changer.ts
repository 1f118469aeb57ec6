/** Writes the readiness of pods of a real kube-apiserver, as kubelets do, and writes down when. Spoken to by IPC messages. */
import { Agent, request } from 'node:https';
import { seededRandom } from '../../src/runtime/random.ts';
import { podAddress } from '../../src/simulator/world-facts.ts';
import { work } from '../harness/client-protocol.ts';
import type { ReadyChange } from '../harness/ready-changes.ts';
import { now } from '../harness/shared-clock.ts';
import { pace } from './pace.ts';
import { serviceWorld } from './service-world.ts';

const { url, ca, token, services } = work() as {
  url: string;
  ca: string;
  token: string;
  services: number;
};
const { deployments, facts } = serviceWorld(services);
const MAX_IN_FLIGHT = 32;
const agent = new Agent({ keepAlive: true, maxSockets: MAX_IN_FLIGHT, ca });
const random = seededRandom(8);
const notReady = new Set<string>();
const busy = new Set<string>();
let changes: ReadyChange[] = [];
let rate = 0;

process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'rate' in message) rate = Number(message.rate);
  else {
    process.send?.(changes);
    changes = [];
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

/** Resolves with the status once the answer begins: then it is written. */
async function patch(key: string, ready: boolean): Promise<number> {
  const [namespace, name] = key.split('/');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request(`${url}/api/v1/namespaces/${namespace}/pods/${name}/status`, {
    method: 'PATCH',
    agent,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/strategic-merge-patch+json',
    },
  });
  sent.once('error', reject).once('response', (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  const condition = { type: 'Ready', status: ready ? 'True' : 'False' };
  sent.end(JSON.stringify({ status: { conditions: [condition] } }));
  return promise;
}

async function change(): Promise<void> {
  const { key, address } = deployments.pod(Math.floor(random() * deployments.count));
  if (busy.has(key) || busy.size >= MAX_IN_FLIGHT) return;
  busy.add(key);
  const ready = notReady.has(key);
  const status = await patch(key, ready);
  const at = now();
  busy.delete(key);
  if (status !== 200) throw new Error(`${key}: ${status}`);
  if (ready) notReady.delete(key);
  else notReady.add(key);
  changes.push({ address: podAddress(facts, address), ready, at });
}

await pace(
  () => rate,
  () => void change(),
);
