import { containerId, uuid } from './identity.ts';
import { render, compileJson, compileProtobuf } from './template.ts';
import type { MessageSchema, Part } from './template.ts';
import { podObject } from './pod-object.ts';
import { POD_SLOTS } from './pod-shape.ts';
import type { PodShape } from './pod-shape.ts';
import {
  clusterInformationContent,
  customResource,
  hostEndpointContent,
  interfaceNameOf,
  ipPoolContent,
  profileObject,
  storedResource,
  workloadEndpointNameOf,
  workloadEndpointObject,
} from './calico-objects.ts';
import {
  endpointSliceObject,
  endpointsObject,
  metadata,
  namespaceObject,
  serviceAccountObject,
  serviceObject,
} from './kubernetes-objects.ts';
import * as schema from './kubernetes-schema.ts';
import { nameOf } from './world-items.ts';
import type { CalicoGroup, PodItem, WorldItem, WorldResource } from './world-items.ts';
import { nodeAddress, nodeName, podAddress, podAddress6, timestamp } from './world-facts.ts';
import type { WorldFacts } from './world-facts.ts';

export type Format = 'json' | 'protobuf';

/** Core kinds travel as protobuf too; Calico's custom resources do not. */
export const SCHEMAS: Readonly<Partial<Record<WorldResource, MessageSchema>>> = {
  namespaces: schema.NAMESPACE,
  serviceaccounts: schema.SERVICE_ACCOUNT,
  pods: schema.POD,
  services: schema.SERVICE,
  endpointslices: schema.ENDPOINT_SLICE,
  endpoints: schema.ENDPOINTS,
};

/**
 * The object as an API server answers it at `revision`, without `kind` and `apiVersion` (core lists leave them out;
 * the server puts them in front elsewhere). `group` decides the shape of Calico's custom resources.
 */
export function encodeObject(
  facts: WorldFacts,
  item: WorldItem,
  revision: number,
  as: { readonly format: Format; readonly group: CalicoGroup },
): Buffer {
  if (item.resource === 'pods') {
    return render(podTemplate(facts, item, as.format), podValues(facts, item, revision));
  }
  const object = objectOf(facts, item, revision, as.group);
  const fields = SCHEMAS[item.resource];
  return as.format === 'protobuf' && fields !== undefined
    ? render(compileProtobuf(object, fields), [])
    : Buffer.from(JSON.stringify(object), 'utf8');
}

/** The value of the item's key in etcd: Calico's JSON. Services and slices are never in etcd. */
export function encodeEtcdValue(facts: WorldFacts, item: WorldItem): Buffer {
  switch (item.resource) {
    case 'pods':
      return render(podTemplate(facts, item, 'etcd'), [
        ...podValues(facts, item, item.revision),
        workloadEndpointNameOf(item),
        interfaceNameOf(item),
      ]);
    case 'namespaces':
    case 'serviceaccounts':
      return json(profileObject(facts, item));
    case 'hostendpoints':
      return json(storedResource(facts, item, 'HostEndpoint', hostEndpointContent(facts, item)));
    case 'ippools':
      return json(storedResource(facts, item, 'IPPool', ipPoolContent(facts, item)));
    case 'clusterinformations': {
      const content = clusterInformationContent(facts, item, 'projectcalico.org/v3');
      return json(storedResource(facts, item, 'ClusterInformation', content));
    }
    default:
      throw new TypeError(`${item.resource} are not in etcd`);
  }
}

function json(object: object): Buffer {
  return Buffer.from(JSON.stringify(object), 'utf8');
}

function objectOf(
  facts: WorldFacts,
  item: Exclude<WorldItem, PodItem>,
  revision: number,
  group: CalicoGroup,
): object {
  switch (item.resource) {
    case 'namespaces':
      return namespaceObject(facts, item, revision);
    case 'serviceaccounts':
      return serviceAccountObject(facts, item, revision);
    case 'services':
      return serviceObject(facts, item, revision);
    case 'endpointslices':
      return endpointSliceObject(facts, item, revision);
    case 'endpoints':
      return endpointsObject(facts, item, revision);
    case 'hostendpoints':
      return customResource(metadata(facts, item, revision), hostEndpointContent(facts, item), group);
    case 'ippools':
      return customResource(metadata(facts, item, revision), ipPoolContent(facts, item), group);
    case 'clusterinformations': {
      const content = clusterInformationContent(facts, item, group);
      return customResource(metadata(facts, item, revision), content, group);
    }
    default:
      throw new TypeError('unknown resource');
  }
}

function podTemplate(facts: WorldFacts, pod: PodItem, format: Format | 'etcd'): readonly Part[] {
  const { templates } = pod.workload;
  const key = `${format} ${pod.phase} ${pod.ready} ${pod.track} ${facts.ipv6}`;
  let template = templates.get(key);
  if (template === undefined) {
    const shape: PodShape = { ...pod, ipv6: facts.ipv6 };
    if (format === 'etcd') template = compileJson(workloadEndpointObject(shape));
    else if (format === 'json') template = compileJson(podObject(shape));
    else template = compileProtobuf(podObject(shape), schema.POD);
    templates.set(key, template);
  }
  return template;
}

/** By the indexes of POD_SLOTS, but for the last two, which only etcd needs. */
function podValues(facts: WorldFacts, pod: PodItem, revision: number): string[] {
  const uid = uuid(facts.seed, pod.serial);
  const created = timestamp(pod.created);
  const values: string[] = [];
  values[POD_SLOTS.name] = nameOf(pod.key);
  values[POD_SLOTS.uid] = uid;
  values[POD_SLOTS.revision] = String(revision);
  values[POD_SLOTS.created] = created.text;
  values[POD_SLOTS.createdMessage] = created.message;
  values[POD_SLOTS.node] = nodeName(pod.node);
  values[POD_SLOTS.address] = podAddress(facts, pod.address);
  values[POD_SLOTS.hostAddress] = nodeAddress(facts, pod.node);
  values[POD_SLOTS.container] = containerId(facts.seed, pod.serial);
  values[POD_SLOTS.address6] = facts.ipv6 ? podAddress6(facts, pod.address) : '';
  return values;
}
