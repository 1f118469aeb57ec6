import type {
  ExplainedCandidate,
  PlanDocument,
  PlannedEdit,
  ServiceExplainDocument,
} from '../../src/contract/controller-documents.ts';
import type { ControllerStats, ControllerView } from '../../src/contract/controller-view.ts';
import { NOW } from './fleet-fixture.ts';

export function edit(over: Partial<PlannedEdit> = {}): PlannedEdit {
  return {
    kind: 'EndpointSlice',
    op: 'create',
    namespace: 'shop',
    name: 'cart-0123456789-0',
    service: 'cart',
    cluster: 'east',
    rank: 'add',
    phase: 1,
    added: ['10.1.0.1 ready'],
    removed: [],
    changed: [],
    more: 0,
    note: '',
    ...over,
  };
}

/** A plan without anything to do; totals are counted from the edits. */
export function plan(over: Partial<PlanDocument> = {}): PlanDocument {
  const { edits = [] } = over;
  const count = (op: PlannedEdit['op']): number => edits.filter((each) => each.op === op).length;
  return {
    time: new Date(NOW).toISOString(),
    mayWrite: true,
    holder: 'fedsyncd-0_abc',
    dryRun: false,
    without: null,
    services: 3,
    held: [],
    notes: [],
    edits,
    totals: {
      create: count('create'),
      update: count('update'),
      delete: count('delete'),
      label: count('label'),
    },
    truncated: false,
    emptied: [],
    ...over,
  };
}

export function candidate(over: Partial<ExplainedCandidate> = {}): ExplainedCandidate {
  return {
    cluster: 'east',
    service: 'cart',
    matched: true,
    why: '',
    ports: ['http 8080/TCP'],
    missingPorts: [],
    taken: 2,
    ready: 1,
    leftOut: [],
    ...over,
  };
}

export function explanation(over: Partial<ServiceExplainDocument> = {}): ServiceExplainDocument {
  return {
    namespace: 'shop',
    name: 'cart',
    state: 'federated',
    message: 'federated',
    selector: "app == 'cart'",
    candidates: [candidate()],
    warnings: [],
    notInSync: [],
    held: [],
    objects: [],
    pending: [],
    writer: {
      mayWrite: true,
      holder: 'fedsyncd-0_abc',
      dryRun: false,
      state: 'idle',
      problem: null,
      lastWrite: null,
    },
    ...over,
  };
}

export function stats(over: Partial<ControllerStats> = {}): ControllerStats {
  return {
    mayWrite: true,
    dryRun: false,
    holder: 'fedsyncd-0_abc',
    servicesByState: { federated: 2, 'bad-selector': 1 },
    endpointsByCluster: new Map([
      ['(local)', 4],
      ['ea"st', 7],
    ]),
    objects: 5,
    queued: { withdraw: 0, 'not-ready': 1, add: 2, cosmetic: 0 },
    oldestQueuedSeconds: 1.25,
    backingOff: 1,
    writesInFlight: 2,
    writeLimit: 16,
    edits: [
      { kind: 'EndpointSlice', op: 'create', result: 'accepted', count: 9 },
      { kind: 'EndpointSlice', op: 'update', result: 'conflict', count: 1 },
    ],
    latency: { bounds: [0.01, 0.1, 1, 10], buckets: [1, 3, 3, 4], sum: 2.5, count: 6 },
    kubernetesEvents: { sent: 3, suppressed: 2, failed: 1 },
    ...over,
  };
}

/** A controller that says what a test wants. */
export class ControllerFixture implements ControllerView {
  now: ControllerStats = stats();
  services = new Map<string, ServiceExplainDocument>();
  document: PlanDocument = plan();
  readonly asked: (string | undefined)[] = [];

  stats = (): ControllerStats => this.now;
  explain = (namespace: string, name: string): ServiceExplainDocument | undefined =>
    this.services.get(`${namespace}/${name}`);

  plan = ({ without }: { readonly without?: string | undefined }): Promise<PlanDocument> => {
    this.asked.push(without);
    return Promise.resolve({ ...this.document, without: without ?? null });
  };
}
