import { LabelSet } from '../../../src/model/label-set.ts';
import type { Entry } from '../../../src/model/objects.ts';
import type { Resource } from '../../../src/model/kind.ts';
import type { Random } from '../../../src/runtime/random.ts';
import {
  CREATED,
  hostEndpoint,
  labels,
  pool,
  profile,
  service,
  slice,
  workload,
} from '../objects/fixtures.ts';

/** How many names of a resource one cluster uses: few, so that the same objects come, change and go. */
export const NAMES = {
  services: 24,
  endpointslices: 40,
  workloadendpoints: 60,
  hostendpoints: 6,
  profiles: 8,
  ippools: 3,
} as const satisfies Partial<Record<Resource, number>>;
export type ChurnedResource = keyof typeof NAMES;
export const CHURNED = Object.keys(NAMES) as ChurnedResource[];

const NAMESPACES = ['shop', 'bank', 'kube-system'];
const TIERS = ['web', 'db', 'cache'];

/** The object `number` of a resource with random content. Names are valid in Kubernetes; the number alone decides them. */
export function randomEntry(resource: ChurnedResource, number: number, random: Random): Entry {
  const one = <T>(...values: T[]): T => values[Math.floor(random() * values.length)] as T;
  const namespace = NAMESPACES[number % NAMESPACES.length] ?? '';
  const own = labels({ app: one(...TIERS), round: String(Math.floor(random() * 1e6)) });
  const more = { namespace, uid: uuid(resource, number), created: CREATED + number * 1000 };
  const address = `10.${Math.floor(random() * 250)}.${number}.${Math.floor(random() * 250)}`;
  switch (resource) {
    case 'services':
      return service({
        ...more,
        name: `svc-${number}`,
        labels: own,
        type: one('ClusterIP', 'NodePort', 'LoadBalancer'),
        clusterIPs: one([`10.96.0.${number}`], ['None'], [`10.96.0.${number}`, `fd00::${number}`]),
      });
    case 'endpointslices':
      return randomSlice(
        `svc-${number % NAMES.services}`,
        { ...more, name: `slice-${number}` },
        address,
        one,
      );
    case 'workloadendpoints':
      return workload({
        ...more,
        node: one('node-1', 'node-2'),
        workload: `web-${number}`,
        labels: own,
        ipNetworks: one([`${address}/32`], [`${address}/32`, `fd00::${number}/128`]),
      });
    case 'hostendpoints':
      return hostEndpoint({
        ...more,
        namespace: '',
        name: `host-${number}`,
        labels: own,
        expectedIPs: [address],
      });
    case 'profiles':
      return profile({ ...more, namespace: '', name: `kns.team-${number}`, labelsToApply: own });
    case 'ippools':
      return pool({ ...more, namespace: '', name: `pool-${number}`, natOutgoing: one(true, false) });
  }
}

function randomSlice(
  of: string,
  more: { readonly namespace: string; readonly name: string },
  address: string,
  one: <T>(...values: T[]) => T,
): Entry {
  const condition = (): boolean | undefined => one(true, false, undefined);
  const targetRef = { kind: 'Pod', namespace: more.namespace, name: `web-${address}`, uid: '' };
  return slice({
    ...more,
    service: of,
    labels: LabelSet.of([['kubernetes.io/service-name', of]]),
    endpoints: [
      {
        addresses: [address],
        ready: condition(),
        serving: condition(),
        terminating: condition(),
        hostname: one('', 'web-0'),
        nodeName: one('', 'node-1'),
        zone: one('', 'a', 'b'),
        targetRef: one(undefined, targetRef),
      },
    ],
  });
}

function uuid(resource: string, number: number): string {
  const hex = Buffer.from(resource).toString('hex').slice(0, 8).padEnd(8, '0');
  return `${hex}-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
