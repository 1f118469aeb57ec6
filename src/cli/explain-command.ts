import type { ServiceExplainDocument } from '../contract/controller-documents.ts';
import type { ExplainDocument, ExplainedEndpoint } from '../contract/ops-documents.ts';
import { canonicalAddress } from '../model/address.ts';
import type { ExclusionReason } from '../model/delta.ts';
import { printable, printableJson } from '../model/printable.ts';
import { UsageError } from './command.ts';
import type { CommandContext } from './command.ts';
import { DaemonUnreachable, askDaemon, whileAsking } from './daemon-client.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { explainServiceText } from './explain-service.ts';
import { alignedTable } from './table.ts';

/** A namespace and a service's name: DNS labels (RFC 1123). */
const SERVICE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$/;

/**
 * `fedsyncd explain IP|NAMESPACE/SERVICE`: exit code 1 where no endpoint has the address, or where the service is not
 * federated.
 */
export async function explainCommand(context: CommandContext): Promise<ExitCode> {
  const { terminal, values, positionals } = context;
  const [query = ''] = positionals;
  const address = canonicalAddress(query);
  if (address === undefined && !SERVICE.test(query)) {
    throw new UsageError([
      `${JSON.stringify(query.slice(0, 100))} is neither an IP address nor NAMESPACE/SERVICE`,
    ]);
  }
  const ask = (path: string): Promise<unknown> =>
    askDaemon(values['ops-address'], path, values['request-timeout']);
  const json = values.output === 'json';
  return whileAsking(terminal, async () => {
    if (address === undefined) {
      const service = asServiceExplanation(await ask(`/explain?service=${encodeURIComponent(query)}`));
      terminal.out(json ? printableJson(service) : explainServiceText(service));
      return service.state === 'federated' ? EXIT.ok : EXIT.finding;
    }
    const document = asExplanation(await ask(`/explain?ip=${encodeURIComponent(address)}`));
    terminal.out(json ? printableJson(document) : explainText(document));
    return document.endpoints.length > 0 ? EXIT.ok : EXIT.finding;
  });
}

function asServiceExplanation(answer: unknown): ServiceExplainDocument {
  const document = answer as Partial<ServiceExplainDocument> | null;
  if (!Array.isArray(document?.candidates) || !Array.isArray(document.objects)) {
    throw new DaemonUnreachable('the answer is no explanation; is this the ops address of fedsyncd?');
  }
  return document as ServiceExplainDocument;
}

function asExplanation(answer: unknown): ExplainDocument {
  const document = answer as Partial<ExplainDocument> | null;
  if (!Array.isArray(document?.endpoints) || !Array.isArray(document.excluded)) {
    throw new DaemonUnreachable('the answer is no explanation; is this the ops address of fedsyncd?');
  }
  return document as ExplainDocument;
}

const EXCLUSIONS: Readonly<Record<ExclusionReason, string>> = {
  HostNetwork: 'the pod uses the network of its node',
  NotScheduled: 'the pod has no node yet',
  Finished: 'the pod is finished',
  NoAddress: 'it has no address',
  AddressRefused: 'loopback, link-local, multicast and unspecified addresses are never taken from a remote',
  NoInterfaceName: 'the endpoint has no interface name',
};

function explainText({ query, endpoints, excluded, truncated, notInSync }: ExplainDocument): string {
  const parts = endpoints.map((endpoint) => endpointText(query, endpoint));
  if (endpoints.length === 0) parts.push(`No remote cluster has an endpoint with the address ${query}.\n`);
  for (const { cluster, key, reason, node } of excluded) {
    const why = EXCLUSIONS[reason as ExclusionReason] ?? '';
    parts.push(
      line(`Left out: ${key} of cluster ${clusterName(cluster)}, node ${node || '-'}: ${reason} (${why})`),
    );
  }
  if (truncated) parts.push('There are more; these are the first.\n');
  for (const { cluster, status, reason } of notInSync) {
    parts.push(
      line(
        `Not in sync: cluster ${cluster} is ${status} (${reason}); its part of this answer may be old or missing.`,
      ),
    );
  }
  return parts.join('');
}

function endpointText(query: string, endpoint: ExplainedEndpoint): string {
  const { namespace, workload, name } = endpoint;
  const subject = workload === '' ? name : `${namespace}/${workload}`;
  const rows: (readonly [string, string])[] = [
    [`  ${endpoint.kind}`, namespace === '' ? name : `${namespace}/${name}`],
    ['  Node', endpoint.node],
    ['  Addresses', endpoint.addresses.join(', ')],
    ['  Service account', endpoint.serviceAccount],
    ['  Interface', endpoint.interfaceName],
    ['  Profiles', endpoint.profiles.join(', ')],
    ['  Labels', labelsText(endpoint.labels)],
    ['  Inherited labels', labelsText(endpoint.inheritedLabels)],
    [
      '  Ports',
      endpoint.ports
        .map(({ name: port, protocol, port: number }) => `${port} ${number}/${protocol}`)
        .join(', '),
    ],
    ['  Version', `${endpoint.resourceVersion}, unchanged since ${endpoint.since}`],
  ];
  const head = line(`${query} is ${subject} of cluster ${clusterName(endpoint.cluster)}`);
  return head + alignedTable(rows.filter(([, value]) => value !== ''));
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function clusterName(cluster: string | null): string {
  return cluster ?? '(local)';
}

function line(text: string): string {
  return `${printable(text)}\n`;
}
