import { clusterLabelValue, REMOTE_CLUSTER_LABEL } from '../../model/federation.ts';
import type { LabelSet } from '../../model/label-set.ts';
import type { EndpointPort, WorkloadEndpoint } from '../../model/workload-endpoint.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import { workloadPort } from './calico-objects-json.ts';
import { apiVersionOf, FEED_RESOURCES } from './feed-resources.ts';
import { quoted } from './quoted.ts';
import {
  prefixOf,
  shownInterface,
  shownName,
  shownUid,
  underCluster,
  withCluster,
} from './shown-identity.ts';
import { annotationPairs, withoutCluster } from './shown-labels.ts';
import { shownTime } from './shown-time.ts';
import { workloadIdentifiers } from './workload-identifiers.ts';

const HEAD = `{"apiVersion":${quoted(apiVersionOf(FEED_RESOURCES.workloadendpoints))},"kind":${quoted(FEED_RESOURCES.workloadendpoints.kind)},"metadata":{"name":`;

/**
 * JSON.stringify of `objectJson` of a WorkloadEndpoint, by which it is held equal in a test: they are most of what is fed. Put together
 * from texts it takes a third of the time, as no objects are made on the way and the labels and ports, which the endpoints
 * of one owner share, are written once for all.
 */
export function workloadEndpointText(
  object: FeedObject,
  endpoint: WorkloadEndpoint,
  { view, resourceVersion }: { readonly view: FeedView; readonly resourceVersion: string },
): string {
  const cluster = prefixOf(object, view);
  const created = shownTime(endpoint.created);
  const labels = labelMembers(endpoint.labels, cluster);
  const annotations = members(annotationPairs(object, view));
  return (
    `${HEAD}${quoted(shownName(object, view))}${member('namespace', object.namespace)}` +
    `,"uid":${quoted(shownUid(object, view))},"resourceVersion":${quoted(resourceVersion)}` +
    (created === undefined ? '' : `,"creationTimestamp":"${created}"`) +
    (labels === '' ? '' : `,"labels":{${labels}}`) +
    (annotations === '' ? '},' : `,"annotations":{${annotations}}},`) +
    specText(endpoint, cluster)
  );
}

function specText(endpoint: WorkloadEndpoint, cluster: string | undefined): string {
  const { pod, containerID, workload } = workloadIdentifiers(endpoint);
  return (
    `"spec":{"orchestrator":${quoted(endpoint.orchestrator)}${member('workload', workload)}` +
    `,"node":${quoted(underCluster(cluster, endpoint.node))}${member('containerID', containerID)}${member('pod', pod)}` +
    `,"endpoint":${quoted(endpoint.endpoint)}${member('serviceAccountName', endpoint.serviceAccount)}` +
    `,"ipNetworks":[${list(endpoint.ipNetworks)}]${profilesText(endpoint.profiles, cluster)}` +
    `,"interfaceName":${quoted(shownInterface(endpoint))}${portsText(endpoint.ports)}}}`
  );
}

/** Nothing where the value is ''. */
function member(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${quoted(value)}`;
}

function list(texts: readonly string[]): string {
  if (texts.length === 1) return quoted(texts[0] ?? '');
  return texts.map((text) => quoted(text)).join(',');
}

function profilesText(profiles: readonly string[], cluster: string | undefined): string {
  if (profiles.length === 0) return '';
  let text = '';
  for (const name of profiles) text += `${text === '' ? '' : ','}${quoted(withCluster(cluster, name))}`;
  return `,"profiles":[${text}]`;
}

const knownPorts = new WeakMap<readonly EndpointPort[], string>();

function portsText(ports: readonly EndpointPort[]): string {
  if (ports.length === 0) return '';
  let text = knownPorts.get(ports);
  if (text === undefined) {
    text = `,"ports":${JSON.stringify(ports.map(workloadPort))}`;
    knownPorts.set(ports, text);
  }
  return text;
}

const knownLabels = new WeakMap<LabelSet, string>();

function labelMembers(labels: LabelSet, cluster: string | undefined): string {
  let own = knownLabels.get(labels);
  if (own === undefined) {
    own = members(withoutCluster(labels));
    knownLabels.set(labels, own);
  }
  if (cluster === undefined) return own;
  const label = `${quoted(REMOTE_CLUSTER_LABEL)}:${quoted(clusterLabelValue(cluster))}`;
  return own === '' ? label : `${own},${label}`;
}

/** The members of an object, `"a":"b","c":"d"`. */
function members(pairs: readonly (readonly [string, string])[]): string {
  const [first] = pairs;
  if (first === undefined) return '';
  if (pairs.length === 1) return `${quoted(first[0])}:${quoted(first[1])}`;
  // Not pair by pair: JSON has keys that are numbers first.
  return JSON.stringify(Object.fromEntries(pairs)).slice(1, -1);
}
