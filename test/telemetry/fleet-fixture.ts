import type { ClusterStatus, FleetStatus } from '../../src/contract/cluster-status.ts';
import type { FoundEndpoint, Lister } from '../../src/contract/lister.ts';
import type { Exclusion } from '../../src/model/delta.ts';
import { LabelSet } from '../../src/model/label-set.ts';
import type { Clock } from '../../src/runtime/clock.ts';

export const NOW = Date.parse('2026-03-04T05:06:07.000Z');

/** A cluster that is well; `over` changes what a test is about. */
export function cluster(name: string, over: Partial<ClusterStatus> = {}): ClusterStatus {
  return {
    name,
    datastoreType: 'kubernetes',
    status: 'InSync',
    reason: 'Synced',
    message: 'Everything is in sync.',
    since: NOW - 60_000,
    lastContact: NOW - 1500,
    stale: false,
    nextRetry: null,
    counts: {
      workloadEndpoints: 10,
      hostEndpoints: 2,
      profiles: 3,
      services: 4,
      endpointSlices: 5,
      ipPools: 1,
      skipped: 0,
    },
    datastores: [{ type: 'kubernetes', status: 'InSync', reason: 'Synced', message: 'well' }],
    overlayRoutingMode: 'Disabled',
    origin: '/etc/rcc/a.yaml, document 1',
    skipped: [],
    notes: [],
    ...over,
  };
}

/** What the engine says; tests change the fields. */
export class FleetFixture implements FleetStatus {
  list: ClusterStatus[] = [];
  isReady = true;
  waiting: string[] = [];
  sourceList: ReturnType<FleetStatus['sources']> = [
    { name: 'directory', reason: null, message: '', rejected: [] },
  ];
  conflictList: ReturnType<FleetStatus['conflicts']> = [];
  overlapList: ReturnType<FleetStatus['overlaps']> = [];

  clusters = (): readonly ClusterStatus[] => this.list;
  conflicts = (): ReturnType<FleetStatus['conflicts']> => this.conflictList;
  sources = (): ReturnType<FleetStatus['sources']> => this.sourceList;
  isGone = (): boolean => false;
  overlaps = (): ReturnType<FleetStatus['overlaps']> => this.overlapList;
  ready = (): ReturnType<FleetStatus['ready']> => ({ ready: this.isReady, waitingFor: this.waiting });
}

export const POD: FoundEndpoint = {
  cluster: 'east',
  since: NOW - 5000,
  revision: 7,
  inheritedLabels: LabelSet.fromRecord({ 'pcns.team': 'blue' }),
  entry: {
    kind: 'WorkloadEndpoint',
    namespace: 'shop',
    node: 'node-1',
    orchestrator: 'k8s',
    workload: 'web-0',
    endpoint: 'eth0',
    serviceAccount: 'web',
    interfaceName: '',
    ipNetworks: ['10.1.2.3/32'],
    labels: LabelSet.fromRecord({ app: 'web' }),
    profiles: ['kns.shop'],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080, hostPort: 0, hostIP: '' }],
    uid: 'u',
    resourceVersion: '42',
    created: 0,
  },
};

export const EXCLUDED: Exclusion = {
  key: 'shop/done-1',
  reason: 'Finished',
  node: 'node-2',
  addresses: ['10.1.2.3'],
};

/** An index with one pod and one left-out pod at 10.1.2.3. */
export function lister(over: Partial<Lister> = {}): Lister {
  return {
    revision: 7,
    clusters: () => ['east'],
    get: () => undefined,
    list: () => [],
    endpointsByIP: (address) => (address === '10.1.2.3' ? [POD] : []),
    excludedByIP: (address) => (address === '10.1.2.3' ? [{ cluster: 'east', exclusion: EXCLUDED }] : []),
    service: () => [],
    servicesIn: () => [],
    servicesComplete: () => false,
    slicesOf: () => [],
    select: () => Promise.resolve({ count: 0, endpoints: [] }),
    changes: () => ({ state: 'expired' }),
    onCommit: () => () => undefined,
    settle: () => undefined,
    bump: () => 8,
    snapshot: () => ({ revision: 7, size: 0, read: () => [], close: () => undefined }),
    ...over,
  };
}

/** A clock that moves only when a test says so. */
export class ManualClock implements Clock {
  #time = NOW;
  readonly #timers: { at: number; run: () => void }[] = [];

  now = (): number => this.#time;
  monotonic = (): number => this.#time;

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.after(ms, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      reject(signal.reason as Error);
    });
    return promise;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#time + ms, run };
    this.#timers.push(timer);
    return () => {
      const i = this.#timers.indexOf(timer);
      if (i >= 0) this.#timers.splice(i, 1);
    };
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Moves on and fires what is due. */
  advance(ms: number): void {
    this.#time += ms;
    for (const timer of this.#timers.filter(({ at }) => at <= this.#time)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.run();
    }
  }
}
