import type { LocalApi } from '../../../src/contract/local-api.ts';
import { openGate } from '../../../src/controller/election/open-gate.ts';
import { OwnedSlices } from '../../../src/controller/owned/owned-slices.ts';
import { sliceToCreate, sliceToPatch } from '../../../src/controller/owned/slice-to-json.ts';
import type { DesiredService } from '../../../src/controller/plan/desired-service.ts';
import { Planner } from '../../../src/controller/plan/planner.ts';
import { SliceWork } from '../../../src/controller/writer/slice-work.ts';
import { Writer } from '../../../src/controller/writer/writer.ts';
import type { WriterRefusal } from '../../../src/controller/writer/writer-options.ts';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../../src/model/federation.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { connectTo } from '../election/real-api.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

const json = { toCreate: sliceToCreate, toPatch: sliceToPatch };

/** The real plan, the real copy of our slices and the writer, on a real server. */
export class RealWorld {
  readonly owned = new OwnedSlices();
  readonly desired = new Map<string, DesiredService>();
  readonly refused: WriterRefusal[] = [];
  readonly latencies: number[] = [];
  readonly writer: Writer;
  readonly #api: LocalApi;
  readonly #close: () => Promise<void>;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>[] = [];

  static async start(
    server: KubeApiserver,
    options: { user?: string; follows?: boolean } = {},
  ): Promise<RealWorld> {
    const { api, close } = await connectTo(server, options.user);
    const world = new RealWorld(api, close);
    const { signal } = world.#stop;
    if (options.follows === false) world.owned.listed(await api.list(ours, signal));
    else world.#running.push(api.follow(ours, world.owned, signal));
    world.#running.push(world.writer.run(signal));
    await until('our slices are listed', () => world.owned.synced);
    return world;
  }

  private constructor(api: LocalApi, close: () => Promise<void>) {
    this.#api = api;
    this.#close = close;
    const planner = new Planner();
    this.writer = new Writer({
      api,
      gate: openGate('me', 10_000),
      clock: systemClock,
      random: systemRandom,
      planOf: (key) => {
        const [namespace = '', name = ''] = key.split('/');
        const desired = this.desired.get(key);
        if (desired === undefined) return [];
        const edits = planner.plan(desired, this.owned.ofService(namespace, name), {
          maxEndpointsPerSlice: 10,
        });
        return edits.map((edit) => new SliceWork(edit, json, this.owned));
      },
      observer: {
        refused: (refusal) => this.refused.push(refusal),
        accepted: ({ seenAt }) => this.latencies.push(Date.now() - (seenAt ?? Date.now())),
      },
    });
    this.owned.onChange((namespace, service) => this.writer.mark(`${namespace}/${service}`));
  }

  /** The service's endpoints shall be these. Any UID is as good as another where no garbage collector runs. */
  want(key: string, addresses: readonly string[]): void {
    const [namespace = '', name = ''] = key.split('/');
    const endpoints = addresses.map((address) => endpoint(address));
    const ports = [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: '' }];
    const parts =
      addresses.length === 0 ? [] : [{ cluster: 'east', family: 'IPv4' as const, ports, endpoints }];
    this.desired.set(key, { namespace, name, uid: `uid-of-${name}`, parts, isHeld: () => false });
    this.writer.mark(key, { seenAt: Date.now() });
  }

  settle(timeoutMs = 30_000): Promise<boolean> {
    return until('the writer is idle', () => this.writer.idle, { timeoutMs, everyMs: 5 });
  }

  /** Addresses of our slices as the server has them. */
  async onServer(key: string): Promise<string[]> {
    const [namespace = '', name = ''] = key.split('/');
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const labelSelector = `kubernetes.io/service-name=${name}`;
    const slices = await this.#api.list({ path, labelSelector, what: 'slices' }, AbortSignal.timeout(5_000));
    const endpoints = slices.flatMap((slice) => slice['endpoints'] as { addresses: string[] }[]);
    return endpoints.flatMap(({ addresses }) => addresses).toSorted((a, b) => a.localeCompare(b));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('test over'));
    await Promise.all(this.#running);
    await this.#close();
  }
}

const ours = {
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}`,
  what: 'our EndpointSlices',
};
