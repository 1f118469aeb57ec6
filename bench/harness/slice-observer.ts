import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { KubeApiserver } from '../../test/rig/kube-apiserver.ts';
import type { ReadyChange } from './ready-changes.ts';
import { now } from './shared-clock.ts';

const PATH = '/apis/discovery.k8s.io/v1/endpointslices';

interface Slice {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly endpoints:
    | readonly { readonly addresses: readonly string[]; readonly conditions: { readonly ready?: boolean } }[]
    | null;
}

/** Watches the slices that one controller writes, from outside: what changed in them, and when it was seen. */
export class SliceObserver implements Disposable {
  readonly #answer: IncomingMessage;
  readonly #slices = new Map<string, ReadonlyMap<string, boolean>>();
  #seen: ReadyChange[] = [];
  #writes = 0;
  #last = now();

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    let rest = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      const at = now();
      for (const line of lines) this.#take(JSON.parse(line) as { type: string; object: Slice }, at);
    });
    answer.on('error', () => undefined);
  }

  /** Of a server without such slices. */
  static async start(server: KubeApiserver, managedBy: string): Promise<SliceObserver> {
    const selector = encodeURIComponent(`endpointslice.kubernetes.io/managed-by=${managedBy}`);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(`${server.url}${PATH}?watch=1&timeoutSeconds=600&labelSelector=${selector}`, {
      agent: false,
      ca: server.ca,
      headers: { authorization: `Bearer ${server.adminToken}`, accept: 'application/json' },
    })
      .once('error', reject)
      .once('response', resolve)
      .end();
    return new SliceObserver(await promise);
  }

  get endpoints(): number {
    let sum = 0;
    for (const states of this.#slices.values()) sum += states.size;
    return sum;
  }

  /** When the last write was seen, in milliseconds of the shared clock. */
  get last(): number {
    return this.#last;
  }

  /** How many writes were seen. */
  get writes(): number {
    return this.#writes;
  }

  /** What was seen since the last time. */
  take(): readonly ReadyChange[] {
    const taken = this.#seen;
    this.#seen = [];
    return taken;
  }

  [Symbol.dispose](): void {
    this.#answer.destroy();
  }

  #take({ type, object }: { readonly type: string; readonly object: Slice }, at: number): void {
    if (type === 'BOOKMARK') return;
    this.#writes++;
    this.#last = at;
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const before = this.#slices.get(key);
    const states = new Map<string, boolean>();
    for (const { addresses, conditions } of type === 'DELETED' ? [] : (object.endpoints ?? [])) {
      const [address = ''] = addresses;
      const ready = conditions.ready !== false;
      states.set(address, ready);
      if (before?.get(address) !== ready) this.#seen.push({ address, ready, at });
    }
    this.#slices.set(key, states);
  }
}
