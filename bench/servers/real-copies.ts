import { ApiReader } from '../harness/api-reader.ts';
import type { ApiAccess } from '../harness/api-reader.ts';

const PAGE = 2000;

interface ListedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace: string; readonly name: string };
}

interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly ListedObject[];
}

/** A custom resource that takes any object, as an API server serves those that it has no Go type for. */
export const ENDPOINT_CRD = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'workloadendpoints.projectcalico.org',
  },
  spec: {
    group: 'projectcalico.org',
    scope: 'Namespaced',
    names: { kind: 'WorkloadEndpoint', plural: 'workloadendpoints', singular: 'workloadendpoint' },
    versions: [
      {
        name: 'v3',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
});

/** An endpoint as the merged view shows it. */
export interface ShownEndpoint extends ListedObject {
  readonly metadata: ListedObject['metadata'] & { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly node: string;
    readonly pod: string;
    readonly ipNetworks: readonly string[];
    readonly ports?: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
  };
}

/** All objects of one collection of the feed. */
export async function shownBy(access: ApiAccess, path: string): Promise<ListedObject[]> {
  using reader = new ApiReader(access);
  const objects: ListedObject[] = [];
  let token = '';
  do {
    const page = (await reader.json(`${path}?limit=${PAGE}&continue=${encodeURIComponent(token)}`)) as Page;
    objects.push(...page.items);
    token = page.metadata.continue ?? '';
  } while (token !== '');
  return objects;
}

/** The very same documents as an API server keeps them under that prefix, but for versions: those come from its own store. */
export function copyPairs(objects: readonly ListedObject[], prefix: string): [key: string, value: Buffer][] {
  return objects.map((object) => [
    `${prefix}${object.metadata.namespace}/${object.metadata.name}`,
    Buffer.from(documentOf(object)),
  ]);
}

/** Beside its value. */
const FILLER_BYTES = ',"filler":""'.length;
/** Lists of built-in types leave these out. */
const TYPE_BYTES = '"apiVersion":"v1","kind":"Endpoints",'.length;

/**
 * What an endpoint says as an object of a built-in type that has room for it, core/v1 Endpoints of one address: the same metadata,
 * and as many bytes in a list.
 */
export function asEndpoints(object: ShownEndpoint): ListedObject {
  const bare = endpointsOf(object, {});
  const missing = documentOf(object).length - documentOf(bare).length + TYPE_BYTES - FILLER_BYTES;
  return missing > 0 ? endpointsOf(object, { filler: 'x'.repeat(missing) }) : bare;
}

function endpointsOf(
  { metadata, spec }: ShownEndpoint,
  more: Readonly<Record<string, string>>,
): ListedObject {
  const { node, pod, ipNetworks, ports } = spec;
  const ip = ipNetworks[0]?.split('/')[0];
  const targetRef = { kind: 'Pod', namespace: metadata.namespace, name: pod };
  const subset = {
    addresses: [{ ip, nodeName: node, targetRef }],
    ports: ports?.map(({ name, port, protocol }) => ({ name, port, protocol })),
  };
  const object = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...more } },
    subsets: [subset],
  };
  return object;
}

function documentOf(object: ListedObject): string {
  return JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: undefined } });
}
