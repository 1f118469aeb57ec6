import type { ObjectReference, SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import type { EndpointsAddress, EndpointsPort } from './owned-endpoints.ts';

// The API server refuses a whole Endpoints object for one bad field. What a remote cluster says must not be able to stop
// the service for all clusters, so what would be refused is left out here.

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const QUALIFIED = /^(?:([^/]*)\/)?([A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;
const PROTOCOLS: ReadonlySet<string> = new Set(['TCP', 'UDP', 'SCTP']);
const MAX_NAME = 253;
/** A targetRef is not validated by the server, but 1000 of them share one object: `<RCC>/<name>` fits. */
const MAX_REFERENCE = 2 * MAX_NAME + 1;

/** An endpoint's first address as Endpoints hold it; without hostname, nodeName or targetRef that cannot be written. */
export function endpointsAddress(endpoint: SliceEndpoint, ip: string): EndpointsAddress {
  return {
    ip,
    hostname: LABEL.test(endpoint.hostname) ? endpoint.hostname : '',
    nodeName: isSubdomain(endpoint.nodeName) ? endpoint.nodeName : '',
    targetRef: usableReference(endpoint.targetRef),
  };
}

/** undefined where Endpoints cannot hold the port: no number (a slice's "all ports"), or not valid there. */
export function endpointsPort({ name, protocol, port, appProtocol }: SlicePort): EndpointsPort | undefined {
  if (port === undefined || port === 0 || !PROTOCOLS.has(protocol)) return undefined;
  if (name !== '' && !LABEL.test(name)) return undefined;
  return { name, protocol, port, appProtocol: isQualifiedName(appProtocol) ? appProtocol : '' };
}

function usableReference(reference: ObjectReference | undefined): ObjectReference | undefined {
  const texts = Object.values(reference ?? {}) as string[];
  const filled = texts.some((text) => text !== '');
  return filled && texts.every((text) => text.length <= MAX_REFERENCE) ? reference : undefined;
}

function isSubdomain(text: string): boolean {
  return text.length <= MAX_NAME && SUBDOMAIN.test(text);
}

function isQualifiedName(text: string): boolean {
  const [, prefix] = QUALIFIED.exec(text) ?? [''];
  return QUALIFIED.test(text) && (prefix === undefined || isSubdomain(prefix));
}
