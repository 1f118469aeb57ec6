import { AddressError, addressOfCidr, canonicalCidr, isRefusedAddress } from './address.ts';
import { readEndpointPorts } from './calico-endpoint-port.ts';
import { readCalicoMetadata } from './calico-metadata.ts';
import type { CalicoSource } from './calico-metadata.ts';
import { ConversionError } from './conversion-error.ts';
import type { Delta, ExclusionReason } from './delta.ts';
import { endpointLabels } from './endpoint-labels.ts';
import { objectField, stringField, stringsField } from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import { isObjectName } from './object-name.ts';
import { parseWorkloadEndpointName, WorkloadEndpointNameParser } from './workload-endpoint-name.ts';
import type { WorkloadEndpointId } from './workload-endpoint.ts';

/** The identity that a WorkloadEndpoint's key gives; undefined where the name is not of four parts. */
export function workloadEndpointId(key: CalicoSource['key']): WorkloadEndpointId | undefined {
  if (!isObjectName(key.namespace) || !isObjectName(key.name)) return undefined;
  const parts = parseWorkloadEndpointName(key.name);
  return parts && { namespace: key.namespace, ...parts };
}

/** `workloadEndpointId` for keys that come in their order: what is as in the key before is the same string again. */
export class WorkloadEndpointIds {
  readonly #names = new WorkloadEndpointNameParser();
  #namespace = '';

  of({ namespace, name }: CalicoSource['key']): WorkloadEndpointId | undefined {
    if (namespace === '' || namespace !== this.#namespace) {
      if (!isObjectName(namespace)) return undefined;
      this.#namespace = namespace;
    }
    if (!isObjectName(name)) return undefined;
    const parts = this.#names.parse(name);
    if (parts === undefined) return undefined;
    const { node, orchestrator, workload, endpoint } = parts;
    return { namespace: this.#namespace, node, orchestrator, workload, endpoint };
  }
}

/**
 * A WorkloadEndpoint in v3 form as Felix sees it; `id` is what `workloadEndpointId` gives. Identity and the implicit labels come from the key, never from the
 * value. Throws ConversionError.
 */
export function decodeWorkloadEndpoint(
  object: JsonObject,
  source: CalicoSource,
  id: WorkloadEndpointId,
): Delta {
  const metadata = readCalicoMetadata(object, source);
  const spec = objectField(object, 'spec', '') ?? {};
  const networks = readNetworks(spec);
  const allowed = networks.filter((network) => !isRefusedAddress(network));
  const interfaceName = stringField(spec, 'interfaceName', 'spec');
  const serviceAccount = stringField(spec, 'serviceAccountName', 'spec');
  const profiles = stringsField(spec, 'profiles', 'spec');
  const ports = readEndpointPorts(spec);
  const reason = exclusion(networks, allowed, interfaceName);
  if (reason !== undefined) {
    const key = `${source.key.namespace}/${source.key.name}`;
    const addresses = networks.map(addressOfCidr);
    return { op: 'exclude', id, exclusion: { key, reason, node: id.node, addresses } };
  }
  return {
    op: 'put',
    entry: {
      kind: 'WorkloadEndpoint',
      namespace: id.namespace,
      node: id.node,
      orchestrator: id.orchestrator,
      workload: id.workload,
      endpoint: id.endpoint,
      serviceAccount,
      interfaceName,
      ipNetworks: allowed,
      labels: endpointLabels(metadata.labels, {
        namespace: id.namespace,
        orchestrator: id.orchestrator,
        serviceAccount,
      }),
      profiles,
      ports,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      created: metadata.created,
    },
  };
}

/** One bad network fails the endpoint, as in Felix. */
function readNetworks(spec: JsonObject): string[] {
  return stringsField(spec, 'ipNetworks', 'spec').map((text, i) => {
    try {
      return canonicalCidr(text);
    } catch (cause) {
      const problem = cause instanceof AddressError ? cause.message : 'is not an IP address or CIDR';
      throw new ConversionError(`spec.ipNetworks[${i}]`, problem, { cause });
    }
  });
}

function exclusion(
  networks: readonly string[],
  allowed: readonly string[],
  interfaceName: string,
): ExclusionReason | undefined {
  if (networks.length === 0) return 'NoAddress';
  if (interfaceName === '') return 'NoInterfaceName';
  return allowed.length === 0 ? 'AddressRefused' : undefined;
}
