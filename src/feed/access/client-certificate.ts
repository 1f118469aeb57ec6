import type { TLSSocket } from 'node:tls';

/** What a client showed in the handshake. Only a certificate that our client CA signed proves anything. */
export type PresentedCertificate =
  | {
      readonly state: 'verified';
      /** Every CN of the subject. */
      readonly commonNames: readonly string[];
      /** Every O of the subject. */
      readonly organizations: readonly string[];
      /** Milliseconds since the epoch. */
      readonly notBefore: number;
      readonly notAfter: number;
    }
  /** `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  | { readonly state: 'unverified'; readonly problem: string };

/** A handshake does not change, and one connection carries many requests. */
const known = new WeakMap<object, PresentedCertificate>();

/**
 * The certificate that the client of a connection showed; undefined = none, or no TLS. Takes the `socket` of a request or of
 * an HTTP/2 session.
 */
export function presentedCertificate(socket: object): PresentedCertificate | undefined {
  const before = known.get(socket);
  if (before !== undefined) return before;
  const presented = read(socket);
  if (presented !== undefined) known.set(socket, presented);
  return presented;
}

function read(socket: Partial<TLSSocket>): PresentedCertificate | undefined {
  // A property that is read, not looked for: HTTP/2 gives a proxy of the socket that answers only so.
  if (typeof socket.getPeerCertificate !== 'function') return undefined;
  const certificate: unknown = socket.getPeerCertificate(false);
  // Without a certificate Node gives an empty object; what `authorized` says then names nobody.
  if (!isRecord(certificate) || !isRecord(certificate['subject'])) return undefined;
  if (socket.authorized !== true) {
    // Node has the code here; its types say Error.
    return { state: 'unverified', problem: String(socket.authorizationError ?? 'not verified') };
  }
  const { subject, valid_from: from, valid_to: to } = certificate;
  return {
    state: 'verified',
    commonNames: values(subject['CN']),
    organizations: values(subject['O']),
    notBefore: Date.parse(String(from)),
    notAfter: Date.parse(String(to)),
  };
}

function values(attribute: unknown): readonly string[] {
  if (typeof attribute === 'string') return [attribute];
  return Array.isArray(attribute) ? attribute.filter((value) => typeof value === 'string') : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
