import assert from 'node:assert/strict';
import { createNamespace } from '../../daemon/remote-fixture.ts';
import { until } from '../../rig/deadline.ts';
import type { ApiAnswer } from '../../rig/https-caller.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';

export const MANAGED_BY = 'federated-services.fedsyncd.io';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const CLUSTER_LABEL = 'federation.tigera.io/remoteClusterName';
export const SELECTOR = 'federation.tigera.io/serviceSelector';

type Json = Readonly<Record<string, unknown>>;

/** An EndpointSlice as the API server holds it, as far as tests look at it. */
export interface SliceObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly Json[];
  };
  readonly addressType: string;
  readonly ports:
    readonly { readonly name?: string; readonly port?: number; readonly protocol: string }[] | null;
  readonly endpoints:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions: {
          readonly ready?: boolean;
          readonly serving?: boolean;
          readonly terminating?: boolean;
        };
        readonly hostname?: string;
        readonly zone?: string;
        readonly nodeName?: string;
        readonly targetRef?: Json;
      }[]
    | null;
}

/** `not-ready 10.1.0.1`, or the whole endpoint. */
export type EndpointText = string | Json;

export interface Backing {
  readonly labels?: Readonly<Record<string, string>>;
  readonly addressType?: 'IPv4' | 'IPv6';
  readonly ports?: readonly Json[];
}

const PORTS: readonly Json[] = [{ name: 'http', port: 8080, protocol: 'TCP' }];

/** Services of one cluster and what is behind them. */
export class ServiceObjects {
  readonly kube: KubeApiserver;

  constructor(kube: KubeApiserver) {
    this.kube = kube;
  }

  async namespace(name: string): Promise<void> {
    await createNamespace(this.kube, name);
  }

  /** A service that is federated by a selector over labels. Answers its UID. */
  async federated(key: string, selector: string, spec: Json = {}): Promise<string> {
    return this.service(key, { annotations: { [SELECTOR]: selector } }, spec);
  }

  async service(key: string, metadata: Json = {}, spec: Json = {}): Promise<string> {
    const { namespace, name } = split(key);
    const { status, body } = await this.kube.call('POST', `/api/v1/namespaces/${namespace}/services`, {
      metadata: { ...metadata, name },
      spec: { ports: [{ name: 'http', port: 80 }], ...spec },
    });
    assert.equal(status, 201, JSON.stringify(body));
    return String(body.metadata.uid);
  }

  /** A service with one slice by hand, its name `<service>-<family>`. */
  async backing(key: string, endpoints: readonly EndpointText[], options: Backing = {}): Promise<void> {
    const { labels = { app: split(key).name }, ports = PORTS } = options;
    const servicePorts = ports.map(({ name, port, protocol }) => ({ name, port, protocol }));
    await this.service(key, { labels }, { ports: servicePorts });
    await this.slice(key, endpoints, options);
  }

  async slice(key: string, endpoints: readonly EndpointText[], options: Backing = {}): Promise<void> {
    const { namespace, name } = split(key);
    const { addressType = 'IPv4', ports = PORTS } = options;
    await this.expect(201, 'POST', slicesPath(namespace), {
      metadata: {
        name: `${name}-${addressType.toLowerCase()}`,
        labels: { 'kubernetes.io/service-name': name, [MANAGED_BY_LABEL]: 'by-hand' },
      },
      addressType,
      ports,
      endpoints: endpoints.map(asEndpoint),
    });
  }

  /** Replaces the endpoints of the slice that `backing` made. */
  async setEndpoints(key: string, endpoints: readonly EndpointText[], family = 'ipv4'): Promise<void> {
    const { namespace, name } = split(key);
    const path = `${slicesPath(namespace)}/${name}-${family}`;
    await this.expect(200, 'PATCH', path, { endpoints: endpoints.map(asEndpoint) });
  }

  async annotate(key: string, annotations: Readonly<Record<string, string | null>>): Promise<void> {
    await this.patch(key, { metadata: { annotations } });
  }

  async patch(key: string, patch: Json): Promise<void> {
    const { namespace, name } = split(key);
    await this.expect(200, 'PATCH', `/api/v1/namespaces/${namespace}/services/${name}`, patch);
  }

  async remove(key: string): Promise<void> {
    const { namespace, name } = split(key);
    await this.expect(200, 'DELETE', `/api/v1/namespaces/${namespace}/services/${name}`);
  }

  /** All slices of the service, whoever wrote them, by name. */
  async slices(key: string): Promise<readonly SliceObject[]> {
    const { namespace, name } = split(key);
    const query = `?labelSelector=kubernetes.io%2Fservice-name%3D${name}`;
    const { body } = await this.expect(200, 'GET', `${slicesPath(namespace)}${query}`);
    return body.items as readonly SliceObject[];
  }

  /** Those that we wrote. */
  async written(key: string): Promise<readonly SliceObject[]> {
    return (await this.slices(key)).filter(
      ({ metadata }) => metadata.labels[MANAGED_BY_LABEL] === MANAGED_BY,
    );
  }

  /** What we wrote: `east 10.1.0.1:8080`, `not-ready` where it is; sorted. */
  async targets(key: string): Promise<string> {
    return (await this.written(key)).flatMap(targetsOf).sort().join(', ');
  }

  async untilTargets(key: string, expected: readonly string[], timeoutMs = 10_000): Promise<void> {
    const wanted = [...expected].sort().join(', ');
    let last = '';
    await until(
      `${key} to be ${wanted || 'nothing'}`,
      async () => {
        last = await this.targets(key);
        return last === wanted;
      },
      { timeoutMs },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; last: ${last}`, { cause: error });
    });
  }

  async expect(status: number, method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const answer = await this.kube.call(method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

export function slicesPath(namespace: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
}

export function targetsOf({ metadata, endpoints, ports }: SliceObject): string[] {
  const cluster = metadata.labels[CLUSTER_LABEL] ?? '(local)';
  return (endpoints ?? []).flatMap(({ addresses, conditions }) =>
    (ports ?? []).map(({ port }) => {
      const state = conditions.ready === false ? ' not-ready' : '';
      return `${cluster} ${addresses[0] ?? ''}:${port ?? 'all'}${state}`;
    }),
  );
}

function asEndpoint(endpoint: EndpointText): Json {
  if (typeof endpoint !== 'string') return endpoint;
  const [address = '', state = ''] = endpoint.split(' ').reverse();
  return { addresses: [address], conditions: { ready: state !== 'not-ready' } };
}

function split(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
