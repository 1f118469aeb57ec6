import { FederatedServices } from '../../../src/controller/selection/federated-services.ts';
import type { FederatedServicesOptions } from '../../../src/controller/selection/federated-services.ts';
import type { Staleness } from '../../../src/controller/selection/stale-policy.ts';
import type { DesiredPart } from '../../../src/controller/plan/desired-service.ts';
import type { MergedIndex } from '../../../src/index/merged-index.ts';
import type { ClusterReplica } from '../../../src/contract/replica.ts';
import type { EndpointSlice, SlicePort } from '../../../src/model/endpoint-slice.ts';
import {
  LOCAL_CLUSTER_TEXT,
  SERVICE_SELECTOR_ANNOTATION,
  showCluster,
} from '../../../src/model/federation.ts';
import type { SourceCluster } from '../../../src/model/federation.ts';
import { LabelSet } from '../../../src/model/label-set.ts';
import type { Service, ServicePort } from '../../../src/model/service.ts';
import { newIndex, put, service } from '../../index/fixtures.ts';

/** Two real indexes, and the selection on top of them. */
export class SelectionRig {
  readonly local: MergedIndex = newIndex().index;
  readonly remote: MergedIndex = newIndex().index;
  readonly selection: FederatedServices;
  /** `namespace/name` as marked since `takeDirty`. */
  readonly #dirty: string[] = [];
  readonly held = new Set<SourceCluster>();
  readonly stale = new Map<string, Staleness>();
  cidrs: readonly string[] | undefined;
  readonly #replicas = new Map<SourceCluster, ClusterReplica>();

  constructor(options: FederatedServicesOptions = {}) {
    this.selection = new FederatedServices({
      local: this.local,
      localName: LOCAL_CLUSTER_TEXT,
      remote: this.remote,
      gate: { isHeld: (cluster) => this.held.has(cluster) },
      options: {
        stale: (cluster) => this.stale.get(cluster) ?? 'fresh',
        serviceCidrs: () => this.cidrs,
        ...options,
      },
    });
    this.selection.onDirty((namespace, name) => this.#dirty.push(`${namespace}/${name}`));
  }

  put(cluster: SourceCluster, ...objects: readonly (Service | EndpointSlice)[]): this {
    for (const object of objects) this.#store(cluster, object.kind).apply(put(object));
    return this;
  }

  /** All in one commit; of one kind. */
  putAll(cluster: SourceCluster, objects: readonly (Service | EndpointSlice)[]): this {
    const [first] = objects;
    if (first) this.#store(cluster, first.kind).apply(put(...objects));
    return this;
  }

  delete(cluster: SourceCluster, kind: 'Service' | 'EndpointSlice', name: string, namespace = 'shop'): this {
    this.#store(cluster, kind).apply([{ op: 'delete', key: { namespace, name } }]);
    return this;
  }

  async drop(cluster: string): Promise<void> {
    await this.#replicas.get(cluster)?.drop();
    this.#replicas.delete(cluster);
  }

  start(): this {
    this.selection.start();
    return this;
  }

  /** What was marked since the last call, sorted, each once. */
  takeDirty(): string[] {
    return [...new Set(this.#dirty.splice(0))].sort();
  }

  /** The parts of `shop/<name>` as short text, one line per part. */
  shown(name: string): string[] {
    return show(this.selection.desired('shop', name).parts);
  }

  #store(cluster: SourceCluster, kind: 'Service' | 'EndpointSlice') {
    let replica = this.#replicas.get(cluster);
    if (replica === undefined) {
      replica = (cluster === null ? this.local : this.remote).open(showCluster(cluster));
      this.#replicas.set(cluster, replica);
    }
    return replica.resource(kind === 'Service' ? 'services' : 'endpointslices');
  }
}

/** `east IPv4 [http:80/TCP] 10.0.0.1 10.0.0.2(not ready)` */
export function show(parts: readonly DesiredPart[]): string[] {
  return parts.map(({ cluster, family, ports, endpoints }) => {
    const shownPorts = ports.map(({ name, protocol, port }) => `${name}:${port}/${protocol}`);
    const shown = endpoints.map(
      ({ addresses, ready }) => `${addresses.join('+')}${ready ? '' : '(not ready)'}`,
    );
    return `${showCluster(cluster)} ${family} [${shownPorts.join(' ')}] ${shown.join(' ')}`;
  });
}

export function servicePort(name: string, protocol = 'TCP', port = 80): ServicePort {
  return { name, protocol, port, targetPort: '', appProtocol: '' };
}

export function slicePort(name: string, port: number | undefined = 80, protocol = 'TCP'): SlicePort {
  return { name, protocol, port, appProtocol: '' };
}

/** A federated service with one port `http`. */
export function federated(name: string, selector: string, more: Partial<Service> = {}): Service {
  const annotations = LabelSet.of([[SERVICE_SELECTOR_ANNOTATION, selector]]);
  return service(name, { uid: `uid-${name}`, annotations, ports: [servicePort('http')], ...more });
}
