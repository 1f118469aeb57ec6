import type { JsonObject } from '../../../src/model/json-field.ts';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../../src/model/federation.ts';
import type { OwnedSlice } from '../../../src/controller/owned/owned-slice.ts';
import type { SliceContent } from '../../../src/controller/plan/edit.ts';
import type { SliceJson, SliceSink } from '../../../src/controller/writer/slice-work.ts';
import { metaOf } from './memory-api.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

/** Our slices in the least JSON that the real API server accepts. */
export const sliceJson: SliceJson = {
  toCreate: ({ name, service, family, endpoints }) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { [MANAGED_BY_LABEL]: MANAGED_BY, 'kubernetes.io/service-name': service } },
    addressType: family,
    ports: [],
    endpoints: endpoints.map(({ addresses }) => ({ addresses })),
  }),
  toPatch: ({ endpoints }) => ({ endpoints: endpoints.map(({ addresses }) => ({ addresses })) }),
};

export function content(key: string, name: string, addresses: readonly string[]): SliceContent {
  const [namespace = '', service = ''] = key.split('/');
  const endpoints = addresses.map((address) => endpoint(address));
  return { namespace, name, service, serviceUid: '', cluster: 'east', family: 'IPv4', ports: [], endpoints };
}

export function pathOf(namespace: string, name: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`;
}

export function addressesOf(object: JsonObject): readonly string[] {
  const endpoints = (object['endpoints'] ?? []) as { addresses: string[] }[];
  return endpoints.flatMap(({ addresses }) => addresses);
}

/** What we believe the server holds: told by our own writes and by a watch, in any order. */
export class SliceCache implements SliceSink {
  readonly slices = new Map<string, OwnedSlice>();
  readonly #dead = new Set<string>();

  accepted(object: JsonObject): void {
    const { namespace, name, uid, resourceVersion, labels } = metaOf(object) as ReturnType<typeof metaOf> & {
      labels?: Record<string, string>;
    };
    if (labels?.[MANAGED_BY_LABEL] !== MANAGED_BY || this.#dead.has(uid)) return;
    const known = this.slices.get(`${namespace}/${name}`);
    if (known && Number(known.resourceVersion) >= Number(resourceVersion)) return;
    const service = labels['kubernetes.io/service-name'] ?? '';
    this.slices.set(`${namespace}/${name}`, {
      ...content(`${namespace}/${service}`, name, addressesOf(object)),
      uid,
      resourceVersion,
      ownerUid: '',
      intact: true,
      deleting: false,
    });
  }

  removed(namespace: string, name: string, uid: string): void {
    this.#dead.add(uid);
    if (this.slices.get(`${namespace}/${name}`)?.uid === uid) this.slices.delete(`${namespace}/${name}`);
  }
}
