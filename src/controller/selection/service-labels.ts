import { NAMESPACE_LABEL, REMOTE_CLUSTER_LABEL } from '../../model/federation.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { LabelReader } from '../../model/selector.ts';
import type { Service } from '../../model/service.ts';

/**
 * The labels of a service as the selector of a federated service sees them: its own, and two implicit ones that nobody
 * can set: the cluster (absent on local services, whatever they say themselves) and the namespace.
 */
export class ServiceLabels implements LabelReader {
  readonly #service: Service;
  readonly #cluster: SourceCluster;

  constructor(cluster: SourceCluster, service: Service) {
    this.#cluster = cluster;
    this.#service = service;
  }

  get(key: string): string | undefined {
    if (key === REMOTE_CLUSTER_LABEL) return this.#cluster ?? undefined;
    if (key === NAMESPACE_LABEL) return this.#service.namespace;
    return this.#service.labels.get(key);
  }

  /** Calls `visit` with each label. */
  forEach(visit: (key: string, value: string) => void): void {
    const { keys, values } = this.#service.labels;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? '';
      if (key !== REMOTE_CLUSTER_LABEL && key !== NAMESPACE_LABEL) visit(key, values[i] ?? '');
    }
    visit(NAMESPACE_LABEL, this.#service.namespace);
    if (this.#cluster !== null) visit(REMOTE_CLUSTER_LABEL, this.#cluster);
  }
}
