import { AddressError, addressOfCidr, canonicalCidr, isRefusedAddress } from './address.ts';
import type { Delta, ExclusionReason } from './delta.ts';
import { mergeEndpointLabels } from './endpoint-label-merge.ts';
import type { LabelSet } from './label-set.ts';
import { isObjectName } from './object-name.ts';
import type { PodFacts, PodPort } from './pod-facts.ts';
import { namespaceProfileName, serviceAccountProfileName } from './profile-from-kubernetes.ts';
import type { EndpointPort, WorkloadEndpointId } from './workload-endpoint.ts';
import { isNamePart } from './workload-endpoint-name.ts';

/** Entries per cache. Watches need them all: neighbours in the stream belong to different workloads. */
const CACHE_LIMIT = 32_768;
const PROTOCOLS: ReadonlySet<string> = new Set(['TCP', 'UDP', 'SCTP']);

/** What pods of one namespace and service account share. */
interface Owner {
  readonly namespace: string;
  readonly orchestrator: 'k8s';
  readonly serviceAccount: string;
  readonly profiles: readonly string[];
  /** By the pod's own labels, by instance. */
  readonly labels: Map<LabelSet, LabelSet>;
}

/**
 * Turns pods into WorkloadEndpoints as Calico's Kubernetes datastore and Felix do together
 * (calico: libcalico-go/lib/backend/k8s/conversion, syncersv1/updateprocessors). Not read are floating IPs, allowed
 * source prefixes and QoS: they say nothing of identity, so a mistake in them does not cost the endpoint.
 *
 * Results for equal inputs share their label sets, profiles and ports, over all streams that use one converter; the
 * caches behind that are bounded.
 */
export class PodConverter {
  readonly #owners = new Map<string, Map<string, Owner>>();
  #cachedOwners = 0;
  #cachedLabels = 0;
  readonly #ports = new Map<readonly PodPort[], readonly EndpointPort[]>();

  /** Never throws: a pod that Calico could not convert gives a `skip`. */
  convert(pod: PodFacts): Delta {
    if (!isObjectName(pod.namespace) || !isObjectName(pod.name))
      return { ...skip(pod, NOT_A_NAME), id: undefined };
    if (pod.hostNetwork) return exclude(pod, 'HostNetwork');
    if (pod.nodeName === '') return exclude(pod, 'NotScheduled');
    if (!isNamePart(pod.name)) return skip(pod, NOT_A_NAME);
    if (!isNamePart(pod.nodeName) || !isObjectName(pod.nodeName)) return skip(pod, NOT_A_NODE);
    if (isFinished(pod)) return exclude(pod, 'Finished');
    const sources = addressSources(pod);
    if (sources.length === 0) return exclude(pod, 'NoAddress');
    let networks: readonly string[];
    try {
      networks = networksOf(sources);
    } catch (error) {
      return skip(pod, `status.podIPs: ${error instanceof AddressError ? error.message : 'unreadable'}`);
    }
    if (networks.length === 0) return exclude(pod, 'AddressRefused');
    return this.#put(pod, networks);
  }

  #put(pod: PodFacts, ipNetworks: readonly string[]): Delta {
    const owner = this.#owner(pod.namespace, pod.serviceAccountName);
    return {
      op: 'put',
      entry: {
        kind: 'WorkloadEndpoint',
        namespace: pod.namespace,
        node: pod.nodeName,
        orchestrator: 'k8s',
        workload: pod.name,
        endpoint: 'eth0',
        serviceAccount: pod.serviceAccountName,
        interfaceName: '',
        ipNetworks,
        labels: this.#labels(owner, pod.labels),
        profiles: owner.profiles,
        ports: this.#portsOf(pod.ports),
        uid: pod.uid,
        resourceVersion: pod.resourceVersion,
        created: pod.created,
      },
    };
  }

  #owner(namespace: string, serviceAccount: string): Owner {
    const known = this.#owners.get(namespace)?.get(serviceAccount);
    if (known !== undefined) return known;
    if (++this.#cachedOwners > CACHE_LIMIT) this.#forgetOwners();
    const profiles = [namespaceProfileName(namespace)];
    if (serviceAccount !== '') profiles.push(serviceAccountProfileName(namespace, serviceAccount));
    const owner: Owner = { namespace, orchestrator: 'k8s', serviceAccount, profiles, labels: new Map() };
    const inNamespace = this.#owners.get(namespace) ?? new Map<string, Owner>();
    this.#owners.set(namespace, inNamespace.set(serviceAccount, owner));
    return owner;
  }

  #labels(owner: Owner, own: LabelSet): LabelSet {
    const known = owner.labels.get(own);
    if (known !== undefined) return known;
    if (++this.#cachedLabels > CACHE_LIMIT) this.#forgetOwners();
    const labels = mergeEndpointLabels(own, owner);
    owner.labels.set(own, labels);
    return labels;
  }

  #forgetOwners(): void {
    this.#owners.clear();
    this.#cachedOwners = 1;
    this.#cachedLabels = 1;
  }

  #portsOf(ports: readonly PodPort[]): readonly EndpointPort[] {
    if (ports.length === 0) return NO_PORTS;
    const known = this.#ports.get(ports);
    if (known !== undefined) return known;
    if (this.#ports.size >= CACHE_LIMIT) this.#ports.clear();
    const converted = convertPorts(ports);
    this.#ports.set(ports, converted);
    return converted;
  }
}

/** The deletion of whatever `convert` made of that pod. */
export function podDeleted(pod: Pick<PodFacts, 'namespace' | 'name' | 'nodeName'>): Delta {
  return { op: 'delete', key: endpointId(pod), excluded: `${pod.namespace}/${pod.name}` };
}

const NOT_A_NAME = 'metadata: namespace or name is not valid';
const NOT_A_NODE = 'spec.nodeName: is not valid';
const NO_PORTS: readonly EndpointPort[] = [];

function endpointId(pod: Pick<PodFacts, 'namespace' | 'name' | 'nodeName'>): WorkloadEndpointId {
  return {
    namespace: pod.namespace,
    node: pod.nodeName,
    orchestrator: 'k8s',
    workload: pod.name,
    endpoint: 'eth0',
  };
}

/** Over, or torn down by the CNI plugin, which then sets its annotation to ''. */
function isFinished(pod: PodFacts): boolean {
  if (pod.deleting && (pod.podIPAnnotation === '' || pod.awsPodIPsAnnotation === '')) return true;
  return pod.phase === 'Failed' || pod.phase === 'Succeeded' || pod.phase === 'Completed';
}

/** The first source that says anything wins wholly. Lists in annotations are not trimmed: a blank is an error. */
function addressSources(pod: PodFacts): readonly string[] {
  if (pod.statusPodIPs.length > 0) return pod.statusPodIPs;
  if (pod.statusPodIP !== '') return [pod.statusPodIP];
  if (pod.podIPsAnnotation) return pod.podIPsAnnotation.split(',');
  if (pod.podIPAnnotation) return [pod.podIPAnnotation];
  if (pod.awsPodIPsAnnotation) return pod.awsPodIPsAnnotation.split(',');
  return [];
}

/** Those that may be taken from a remote. Throws AddressError. */
function networksOf(sources: readonly string[]): readonly string[] {
  const networks: string[] = [];
  for (const source of sources) {
    const network = canonicalCidr(source);
    if (!isRefusedAddress(network)) networks.push(network);
  }
  return networks;
}

function convertPorts(ports: readonly PodPort[]): readonly EndpointPort[] {
  const converted: EndpointPort[] = [];
  for (const { name, protocol, containerPort, hostPort, hostIP } of ports) {
    const known = protocol === '' ? 'TCP' : protocol;
    if (containerPort === 0 || (name === '' && hostPort === 0) || !PROTOCOLS.has(known)) continue;
    converted.push({ name, protocol: known, port: containerPort, hostPort, hostIP });
  }
  return converted.length === 0 ? NO_PORTS : converted;
}

function exclude(pod: PodFacts, reason: ExclusionReason): Delta {
  const addresses: string[] = [];
  for (const source of addressSources(pod)) {
    try {
      addresses.push(addressOfCidr(canonicalCidr(source)));
    } catch {
      // Shown as far as it parses; the reason for leaving the pod out is another one.
    }
  }
  const key = `${pod.namespace}/${pod.name}`;
  return { op: 'exclude', id: endpointId(pod), exclusion: { key, reason, node: pod.nodeName, addresses } };
}

function skip(pod: PodFacts, reason: string): Extract<Delta, { op: 'skip' }> {
  return { op: 'skip', id: endpointId(pod), where: `pods ${pod.namespace}/${pod.name}`, reason };
}
