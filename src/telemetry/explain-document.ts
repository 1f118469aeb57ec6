import type { FleetStatus } from '../contract/cluster-status.ts';
import type { FoundEndpoint, Lister } from '../contract/lister.ts';
import type { ExplainDocument, ExplainedEndpoint } from '../contract/ops-documents.ts';
import { canonicalAddress } from '../model/address.ts';
import { podInterfaceName } from '../model/interface-name.ts';
import { workloadEndpointName } from '../model/workload-endpoint-name.ts';
import { rfc3339 } from './status-document.ts';

/** An address that a thousand pods claim is explained well enough by some of them. */
const MAX_SHOWN = 200;

/** What an answer is made from. */
export interface Picture {
  readonly lister: Lister;
  readonly fleet: FleetStatus;
  /** For the interface names that Calico derives for pods. */
  readonly interfacePrefix: string;
}

/** Where an address comes from; undefined where the query is no address. */
export function explainDocument(query: string, picture: Picture): ExplainDocument | undefined {
  const { lister, fleet, interfacePrefix } = picture;
  const address = canonicalAddress(query.trim());
  if (address === undefined) return undefined;
  const endpoints = lister.endpointsByIP(address);
  const excluded = lister.excludedByIP(address);
  return {
    query: address,
    endpoints: endpoints.slice(0, MAX_SHOWN).map((found) => explainEndpoint(found, interfacePrefix)),
    excluded: excluded.slice(0, MAX_SHOWN).map(({ cluster, exclusion }) => ({
      cluster: clusterOf(cluster),
      key: exclusion.key,
      reason: exclusion.reason,
      node: exclusion.node,
      addresses: exclusion.addresses,
    })),
    truncated: endpoints.length > MAX_SHOWN || excluded.length > MAX_SHOWN,
    notInSync: fleet
      .clusters()
      .filter(({ status }) => status !== 'InSync')
      .map(({ name, status, reason }) => ({ cluster: name, status, reason })),
  };
}

/** The local cluster has no name in the index. */
function clusterOf(name: string): string | null {
  return name === '' ? null : name;
}

function explainEndpoint(
  { cluster, entry, inheritedLabels, since }: FoundEndpoint,
  prefix: string,
): ExplainedEndpoint {
  const shared = {
    cluster: clusterOf(cluster),
    namespace: entry.namespace,
    node: entry.node,
    labels: entry.labels.toRecord(),
    inheritedLabels: inheritedLabels.toRecord(),
    profiles: entry.profiles,
    ports: entry.ports.map(({ name, protocol, port, hostPort, hostIP }) => ({
      name,
      protocol,
      port,
      hostPort,
      hostIP,
    })),
    resourceVersion: entry.resourceVersion,
    since: rfc3339(since),
  };
  if (entry.kind === 'HostEndpoint') {
    const { kind, name, interfaceName, expectedIPs: addresses } = entry;
    return {
      ...shared,
      kind,
      name,
      interfaceName,
      addresses,
      orchestrator: '',
      workload: '',
      serviceAccount: '',
    };
  }
  const { kind, orchestrator, workload, serviceAccount, ipNetworks: addresses } = entry;
  return {
    ...shared,
    kind,
    name: workloadEndpointName(entry),
    addresses,
    orchestrator,
    workload,
    serviceAccount,
    interfaceName: entry.interfaceName || podInterfaceName(prefix, entry.namespace, workload),
  };
}
