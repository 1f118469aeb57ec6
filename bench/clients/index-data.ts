import { LabelSet } from '../../src/model/label-set.ts';
import type { WorkloadEndpoint } from '../../src/model/workload-endpoint.ts';
import { seededRandom } from '../../src/runtime/random.ts';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const APPS = 2000;

interface App {
  readonly namespace: string;
  readonly account: string;
  readonly base: string;
  readonly profiles: readonly string[];
  readonly labels: LabelSet;
}

/** Endpoints as decoders make them: fresh objects with fresh strings, and one label set for each of 2,000 workloads. */
export class EndpointMaker {
  readonly random = seededRandom(1);
  readonly #apps: readonly App[] = Array.from({ length: APPS }, (_, i) => this.#app(i));
  readonly #etcd: boolean;
  #revision = 1000;

  /** `etcd`: each endpoint has an interface name of its own, as Calico stores it in etcd. */
  constructor(etcd: boolean) {
    this.#etcd = etcd;
  }

  endpoint(cluster: number, i: number, generation = 0): WorkloadEndpoint {
    const app = this.#apps[i % APPS] as App;
    return {
      kind: 'WorkloadEndpoint',
      namespace: app.namespace,
      node: flat(`ip-10-${cluster}-0-${i % 250}.eu-west-1.compute.internal`),
      orchestrator: 'k8s',
      workload: flat(`${app.base}${(i * 7 + generation * 1_000_003).toString(36).padStart(5, 'x')}`),
      endpoint: 'eth0',
      serviceAccount: app.account,
      interfaceName: this.#etcd ? flat(`cali${this.#hex(11)}`) : '',
      ipNetworks: [flat(`10.${(cluster % 50) + Math.floor(i / 65_536)}.${(i >> 8) & 255}.${i & 255}/32`)],
      labels: app.labels,
      profiles: app.profiles,
      ports: [],
      uid: flat(`${this.#hex(8)}-${this.#hex(4)}-4${this.#hex(3)}-a${this.#hex(3)}-${this.#hex(12)}`),
      resourceVersion: String(++this.#revision),
      created: 1_700_000_000_000 + i * 1000,
    };
  }

  #app(i: number): App {
    const namespace = `team-${i % 200}`;
    const account = `app-${i % 40}`;
    return {
      namespace,
      account,
      base: `svc${i}-${this.#pick(10)}-`,
      profiles: [`kns.${namespace}`, `ksa.${namespace}.${account}`],
      labels: LabelSet.fromRecord({
        app: `svc${i}`,
        tier: ['web', 'db', 'cache', 'queue'][i % 4] ?? '',
        env: i % 3 === 0 ? 'prod' : 'test',
        team: `team-${i % 200}`,
        'pod-template-hash': this.#pick(10),
        'projectcalico.org/namespace': namespace,
        'projectcalico.org/orchestrator': 'k8s',
        'projectcalico.org/serviceaccount': account,
      }),
    };
  }

  #pick(length: number): string {
    return Array.from({ length }, () => LETTERS[Math.floor(this.random() * LETTERS.length)]).join('');
  }

  #hex(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(this.random() * 16).toString(16)).join('');
  }
}

/** A flat string of its own, as a decoder makes it: V8 joins template literals only when they are read. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
