import type { CheckStep } from '../../contract/adapter.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import { rangeOf } from './calico-keys.ts';
import { ConnectionError } from './connection-error.ts';
import { dial } from './dial.ts';
import type { DialStage } from './dial.ts';
import type { Endpoint } from './endpoint.ts';
import { EtcdClient } from './etcd-client.ts';
import type { EtcdClientOptions } from './etcd-client.ts';
import { ETCD_RESOURCES } from './etcd-datastore.ts';
import { identityStrings, readIdentity } from './identity.ts';
import { decodeRange, encodeRange } from './proto-range.ts';

/**
 * Preflight of an etcd: each endpoint by itself (dns, tcp, tls), then the cluster through the first that answers
 * (auth, permissions, identity, list).
 */
export async function* checkEtcd(options: EtcdClientOptions, signal: AbortSignal): AsyncGenerator<CheckStep> {
  let reachable = 0;
  for (const endpoint of options.endpoints) {
    const steps = await checkEndpoint(endpoint, options, signal);
    yield* steps;
    if (steps.every((step) => step.result !== 'failed')) reachable++;
  }
  if (reachable === 0) return;
  const client = new EtcdClient(options);
  try {
    yield* checkCluster(client, options, signal);
  } finally {
    await client.close();
  }
}

async function checkEndpoint(
  endpoint: Endpoint,
  options: EtcdClientOptions,
  signal: AbortSignal,
): Promise<readonly CheckStep[]> {
  const subject = `etcdv3 ${endpoint.url}`;
  const passed = new Set<DialStage>();
  const stages: readonly DialStage[] = endpoint.secure ? ['dns', 'tcp', 'tls'] : ['dns', 'tcp'];
  let failure: ConnectionError | undefined;
  try {
    const onStage = (stage: DialStage): void => void passed.add(stage);
    const socket = await dial(endpoint, { ...options, timeoutMs: options.connectTimeoutMs, onStage }, signal);
    socket.destroy();
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    failure = error;
  }
  // An address needs no look-up: getting further says that the name was no problem.
  if (passed.has('tcp') || (failure !== undefined && failure.reason !== 'DnsFailed')) passed.add('dns');
  const steps: CheckStep[] = [];
  for (const step of stages) {
    if (failure !== undefined && (!passed.has(step) || step === stages.at(-1))) {
      steps.push({ step, subject, result: 'failed', reason: failure.reason, message: failure.message });
      break;
    }
    steps.push({ step, subject, result: 'ok', message: MESSAGES[step] });
  }
  return steps;
}

const MESSAGES: Readonly<Record<DialStage, string>> = {
  dns: 'The host name resolves.',
  tcp: 'The port accepts connections.',
  tls: 'The certificates are accepted on our side and HTTP/2 is spoken.',
};

async function* checkCluster(
  client: EtcdClient,
  { credentials }: EtcdClientOptions,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const subject = 'etcdv3';
  const failed = (step: CheckStep['step'], about: string, error: unknown): CheckStep => {
    signal.throwIfAborted();
    const { reason, message } = known(error);
    return { step, subject: about, result: 'failed', reason, message };
  };
  const auth =
    credentials === undefined ? 'No name and password are configured.' : 'Name and password are accepted.';
  const counts = new Map<string, number | CheckStep>();
  for (const resource of ETCD_RESOURCES) {
    try {
      counts.set(resource, await count(client, resource, signal));
    } catch (error) {
      if (!(error instanceof DatastoreError) || error.reaction !== 'forbidden') {
        // With TLS 1.3 a server refuses our certificate only after the handshake.
        yield failed(known(error).reason === 'TlsFailed' ? 'tls' : 'auth', subject, error);
        return;
      }
      counts.set(resource, failed('permissions', `${subject} ${resource}`, error));
    }
  }
  yield { step: 'auth', subject, result: 'ok', message: auth };
  for (const [resource, outcome] of counts) {
    const about = `${subject} ${resource}`;
    yield typeof outcome === 'number'
      ? { step: 'permissions', subject: about, result: 'ok', message: 'May be read.' }
      : outcome;
  }
  try {
    const identity = await readIdentity(client, signal);
    yield identity.calico === 'found'
      ? { step: 'identity', subject, result: 'ok', message: `${identityStrings(identity).join(', ')}.` }
      : { step: 'identity', subject, result: 'failed', reason: 'NotFound', message: NO_CALICO };
  } catch (error) {
    yield failed('identity', subject, error);
  }
  for (const [resource, outcome] of counts) {
    const about = `${subject} ${resource}`;
    yield typeof outcome === 'number'
      ? { step: 'list', subject: about, result: 'ok', message: `${outcome} keys.` }
      : { step: 'list', subject: about, result: 'skipped', message: 'May not be read.' };
  }
}

const NO_CALICO = 'There is no readable ClusterInformation "default": is this the etcd of a Calico cluster?';

async function count(
  client: EtcdClient,
  resource: (typeof ETCD_RESOURCES)[number],
  signal: AbortSignal,
): Promise<number> {
  const { start, end } = rangeOf(resource);
  const body = encodeRange({ key: start, rangeEnd: end, countOnly: true });
  return decodeRange(await client.unary({ path: '/etcdserverpb.KV/Range', body }, signal)).count;
}

function known(error: unknown): DatastoreError {
  return error instanceof DatastoreError
    ? error
    : new DatastoreError('retry', 'ServerError', 'The check failed for an unexpected reason.', {
        cause: error,
      });
}
