import { nameSuffix, templateHash, uuid } from './identity.ts';
import type { Part } from './template.ts';

/** What a set of equal pods has in common. The same in every cluster that uses the catalogue. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly owner: 'ReplicaSet' | 'DaemonSet' | 'Job';
  readonly ownerName: string;
  readonly ownerUid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  /** The port that services target, with its name. */
  readonly port: number;
  /** Encoded templates of its pods, by format and state; filled on demand. */
  readonly templates: Map<string, readonly Part[]>;
}

const NAMESPACES = ['shop', 'payments', 'search', 'media', 'accounts', 'logistics', 'reporting', 'platform'];
const APPS = [
  'checkout',
  'cart',
  'catalog',
  'ledger',
  'query',
  'ingest',
  'profile',
  'gateway',
  'mailer',
  'pricing',
  'stock',
  'session',
  'billing',
  'router',
  'render',
  'audit',
];
/** Owners' UIDs belong to the catalogue, so they come from a seed of their own. */
const SEED = 4_011;

/** Names and pod templates that clusters share: equal services of different clusters then federate. */
export class Catalogue {
  readonly #workloads: Workload[] = [];
  readonly #system = new Map<string, Workload>();
  readonly namespaces: readonly string[];

  constructor(namespaceCount: number) {
    this.namespaces = Array.from({ length: namespaceCount }, (_, i) => NAMESPACES[i] ?? `team-${i}`);
  }

  /** As many namespaces as suit that many workloads: about twenty in each, from 3 to 64. */
  static for(workloads: number): Catalogue {
    return new Catalogue(Math.min(64, Math.max(3, Math.ceil(workloads / 20))));
  }

  /** The deployment with that number. */
  workload(index: number): Workload {
    for (let i = this.#workloads.length; i <= index; i++) this.#workloads.push(this.#deployment(i));
    return this.#workloads[index] as Workload;
  }

  /** The host-networked agent that runs on every node. */
  get agent(): Workload {
    return this.#systemWorkload('calico-node', 'DaemonSet', true);
  }

  /** A job whose pods have finished. */
  get job(): Workload {
    return this.#systemWorkload('report', 'Job', false);
  }

  #deployment(index: number): Workload {
    const at = Math.floor(index / this.namespaces.length);
    const round = Math.floor(at / APPS.length);
    const app = APPS[at % APPS.length] ?? '';
    const name = round === 0 ? app : `${app}-${round + 1}`;
    const hash = templateHash(SEED, index);
    return {
      namespace: this.namespaces[index % this.namespaces.length] ?? '',
      name,
      owner: 'ReplicaSet',
      ownerName: `${name}-${hash}`,
      ownerUid: uuid(SEED, index),
      labels: {
        app: name,
        'app.kubernetes.io/name': name,
        'app.kubernetes.io/part-of': this.namespaces[index % this.namespaces.length] ?? '',
        'pod-template-hash': hash,
        tier: index % 3 === 0 ? 'frontend' : 'backend',
      },
      serviceAccount: name,
      hostNetwork: false,
      port: 8080 + (index % 8),
      templates: new Map(),
    };
  }

  #systemWorkload(name: string, owner: 'DaemonSet' | 'Job', hostNetwork: boolean): Workload {
    let workload = this.#system.get(name);
    if (workload === undefined) {
      workload = {
        namespace: hostNetwork ? 'kube-system' : (this.namespaces[0] ?? ''),
        name,
        owner,
        ownerName: owner === 'Job' ? `${name}-${nameSuffix(SEED)}` : name,
        ownerUid: uuid(SEED, -1 - name.length),
        labels: { 'k8s-app': name },
        serviceAccount: hostNetwork ? name : 'default',
        hostNetwork,
        port: 9091,
        templates: new Map(),
      };
      this.#system.set(name, workload);
    }
    return workload;
  }
}
