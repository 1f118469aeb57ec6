import type { IndexChange } from '../../contract/lister.ts';
import { CidrSet } from '../../model/cidr-set.ts';
import type { SourceCluster } from '../../model/federation.ts';
import { LARGE_SERVICE } from '../plan/desired-service.ts';
import { expandCluster, expansionRules } from './cluster-expansion.ts';
import type { ClusterExpansion, ExpansionRules } from './cluster-expansion.ts';
import { DirtyMarks } from './dirty-marks.ts';
import type { DirtyCause, DirtyListener } from './dirty-marks.ts';
import { ExpansionCache } from './expansion-cache.ts';
import type { Backing, FederatedService } from './federated-service.ts';
import { isAnnotated } from './federation-spec.ts';
import { explainService, explainUnfederated } from './explain-service.ts';
import type { ServiceExplanation } from './explanation.ts';
import { NamespaceMatches } from './namespace-matches.ts';
import { warningsOf } from './selection-warning.ts';
import { selectService, stateOf, withdrawnService } from './service-selection.ts';
import type { SelectedService, SelectionContext, ServiceState } from './service-selection.ts';
import { SourceClusters } from './source-clusters.ts';
import type { SourceListers } from './source-clusters.ts';
import type { Staleness } from './stale-policy.ts';

export interface ServiceGate {
  /** The data of this cluster is not complete yet: what was written of it stays as it is. null = the local cluster. */
  isHeld(cluster: SourceCluster): boolean;
}

export interface FederatedServicesOptions {
  /** How a remote cluster stands with the stale policy; default always `fresh`. */
  readonly stale?: (cluster: string) => Staleness;
  /** The local cluster's own service ranges as CIDRs; undefined = not known, nothing is refused. */
  readonly serviceCidrs?: () => readonly string[] | undefined;
  /** Services with this many endpoints and more keep what was made of clusters that did not change; default 1,000. */
  readonly keepFrom?: number;
  /** Endpoints that they keep in all; default 200,000, some 300 bytes each. */
  readonly keepEndpoints?: number;
}

const DEFAULTS = { keepFrom: LARGE_SERVICE, keepEndpoints: 200_000 };

/**
 * The federated services of the local cluster and what backs them in all clusters. Follows both listers commit by
 * commit, at a cost of what changed: a change marks the services that it concerns, and `desired` makes one anew. Pure
 * but for its subscriptions.
 */
export class FederatedServices {
  readonly #listers: SourceListers;
  readonly #sources: SourceClusters;
  readonly #gate: ServiceGate;
  readonly #options: FederatedServicesOptions;
  readonly #namespaces = new Map<string, NamespaceMatches>();
  readonly #listeners = new Set<DirtyListener>();
  readonly #cache: ExpansionCache;
  readonly #context: SelectionContext;
  #unsubscribe: (() => void)[] = [];
  #cidrs = { text: '', set: new CidrSet([]) };

  constructor(
    parts: SourceListers & { readonly gate: ServiceGate; readonly options?: FederatedServicesOptions },
  ) {
    const { gate, options = {}, ...listers } = parts;
    this.#listers = listers;
    this.#sources = new SourceClusters(listers);
    this.#gate = gate;
    this.#options = options;
    this.#cache = new ExpansionCache(
      options.keepFrom ?? DEFAULTS.keepFrom,
      options.keepEndpoints ?? DEFAULTS.keepEndpoints,
    );
    this.#context = {
      isHeld: (cluster) => gate.isHeld(cluster),
      staleness: (cluster) => options.stale?.(cluster) ?? 'fresh',
      expand: (...of) => this.#expand(...of),
      refused: () => this.#cidrs.set,
    };
  }

  /** Reads what is there, marks all of it, and follows from then on; before that no service is known to be federated. */
  start(): void {
    if (this.#unsubscribe.length > 0) return;
    const { local, remote } = this.#listers;
    this.#unsubscribe = [
      local.onCommit((changes) => this.#localCommit(changes)),
      remote.onCommit((changes) => this.#remoteCommit(changes)),
    ];
    const marks = new DirtyMarks();
    for (const service of this.#sources.localServices()) {
      if (isAnnotated(service)) this.#federatedChanged(service.namespace, service.name, marks);
    }
    for (const matches of this.#namespaces.values()) matches.scan();
    marks.tell(this.#listeners);
  }

  /** Follows no more and forgets everything. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#cache.clear();
    this.#namespaces.clear();
  }

  /**
   * Tells of each service whose `desired` may be another than when it was read. One that is marked and not read since
   * may not be marked again. Returns the way to stop.
   */
  onDirty(listener: DirtyListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The local services that have the annotation, whatever state they are in. */
  keys(): { readonly namespace: string; readonly name: string }[] {
    return [...this.#all()].map(({ namespace, name }) => ({ namespace, name }));
  }

  /**
   * What the slices of this service shall hold now, for any local service, federated or not, there or gone. To be
   * planned in the same turn of the event loop: it answers for this moment.
   */
  desired(namespace: string, name: string): SelectedService {
    const federated = this.#find(namespace, name);
    if (federated === undefined) {
      const uid = this.#sources.service(null, namespace, name)?.uid ?? '';
      return withdrawnService({ namespace, name, uid }, this.state(namespace, name), this.#isLocalHeld);
    }
    if (federated.spec.selects.problem !== undefined) {
      const { uid } = federated.spec;
      const state = { ...stateOf(federated), warnings: warningsOf(federated, []) };
      return withdrawnService({ namespace, name, uid }, state, this.#isLocalHeld);
    }
    this.#refreshCidrs();
    const selected = selectService(federated, this.#context);
    this.#cache.used(federated);
    return selected;
  }

  state(namespace: string, name: string): ServiceState {
    const federated = this.#find(namespace, name);
    if (federated !== undefined) return stateOf(federated);
    return this.#sources.service(null, namespace, name) === undefined
      ? { state: 'gone', message: 'there is no such service in this cluster' }
      : { state: 'not-annotated', message: 'not federated: it has no annotation with a selector' };
  }

  /** Every service of the namespace with the reason why it backs this one or does not. For people: not cheap. */
  explain(namespace: string, name: string): ServiceExplanation {
    const federated = this.#find(namespace, name);
    if (federated === undefined) {
      const service = this.#sources.service(null, namespace, name);
      return explainUnfederated({ namespace, name }, service, this.state(namespace, name));
    }
    const rules = expansionRules(federated.spec, this.#refreshCidrs());
    const explanation = explainService(federated, { sources: this.#sources, context: this.#context, rules });
    this.#cache.used(federated);
    return explanation;
  }

  /**
   * Whether this cluster is held, or how stale it is, changed: marks what has or, since this process started, had a part
   * from it. To be called also when a cluster is gone for good. null = the local cluster: marks all.
   */
  markCluster(cluster: SourceCluster): void {
    if (cluster === null) {
      this.markAll();
      return;
    }
    const marks = new DirtyMarks();
    const isHeld = this.#gate.isHeld(cluster);
    for (const federated of this.#all()) {
      if (!federated.isTouchedBy(cluster)) continue;
      marks.add(federated.namespace, federated.name, { kind: 'cluster', cluster, name: '' });
      if (!isHeld) federated.forget(cluster);
    }
    marks.tell(this.#listeners);
  }

  /** For what concerns all: the service ranges changed, or it is time to look again. */
  markAll(): void {
    const marks = new DirtyMarks();
    const cause: DirtyCause = { kind: 'all', cluster: null, name: '' };
    for (const { namespace, name } of this.#all()) marks.add(namespace, name, cause);
    marks.tell(this.#listeners);
  }

  readonly #isLocalHeld = (): boolean => this.#gate.isHeld(null);

  *#all(): Generator<FederatedService> {
    for (const matches of this.#namespaces.values()) yield* matches.federated.values();
  }

  #find(namespace: string, name: string): FederatedService | undefined {
    return this.#namespaces.get(namespace)?.federated.get(name);
  }

  #localCommit(changes: readonly IndexChange[]): void {
    const marks = new DirtyMarks();
    const own = changes.filter((change) => change.cluster === this.#listers.localName);
    for (const { kind, namespace, name } of own) {
      if (kind === 'Service') this.#federatedChanged(namespace, name, marks);
    }
    for (const change of own) this.#backingChanged(null, change, marks);
    for (const namespace of new Set(own.map((change) => change.namespace))) {
      this.#namespaces.get(namespace)?.scan();
    }
    marks.tell(this.#listeners);
  }

  #remoteCommit(changes: readonly IndexChange[]): void {
    const marks = new DirtyMarks();
    for (const change of changes) this.#backingChanged(change.cluster, change, marks);
    marks.tell(this.#listeners);
  }

  #backingChanged(cluster: SourceCluster, change: IndexChange, marks: DirtyMarks): void {
    const { kind, namespace, name } = change;
    const matches = this.#namespaces.get(namespace);
    if (kind === 'Service') matches?.serviceChanged(cluster, name, marks);
    else if (kind === 'EndpointSlice') matches?.sliceChanged(cluster, name, marks);
  }

  #federatedChanged(namespace: string, name: string, marks: DirtyMarks): void {
    const service = this.#sources.service(null, namespace, name);
    const known = this.#namespaces.get(namespace);
    if (known === undefined && (service === undefined || !isAnnotated(service))) return;
    const matches = known ?? new NamespaceMatches(namespace, this.#sources);
    if (known === undefined) this.#namespaces.set(namespace, matches);
    const before = matches.federated.get(name);
    matches.federatedChanged(name, service, marks);
    if (before !== undefined && matches.federated.get(name) !== before) this.#cache.forget(before);
    if (matches.federated.size === 0) this.#namespaces.delete(namespace);
  }

  #expand(
    federated: FederatedService,
    cluster: SourceCluster,
    backings: readonly Backing[],
    rules: ExpansionRules,
  ): ClusterExpansion {
    const known = federated.expansions.get(cluster);
    if (known !== undefined) return known;
    const matches = this.#namespaces.get(federated.namespace);
    const [only] = backings;
    const slices =
      only !== undefined && backings.length === 1
        ? (matches?.slicesOf(only) ?? [])
        : backings.flatMap((backing) => matches?.slicesOf(backing) ?? []);
    const made = expandCluster(cluster, slices, rules);
    federated.expansions.set(cluster, made);
    return made;
  }

  /** Other ranges than before: nothing that was made holds. */
  #refreshCidrs(): CidrSet {
    const cidrs = this.#options.serviceCidrs?.() ?? [];
    const text = cidrs.join(' ');
    if (text !== this.#cidrs.text) {
      this.#cidrs = { text, set: new CidrSet(cidrs) };
      this.#cache.clear();
    }
    return this.#cidrs.set;
  }
}
