import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { StatusReason } from '../../../model/status.ts';

/** A stream that closed before its end, where Node itself gives no error. */
export class PrematureClose extends Error {
  override readonly name = 'PrematureClose';
  readonly code = 'ERR_STREAM_PREMATURE_CLOSE';
}

type Meaning = readonly [reason: StatusReason, sentence: string];

const BY_CODE: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['ENOTFOUND', ['DnsFailed', 'the host name does not resolve']],
  ['EAI_AGAIN', ['DnsFailed', 'the name server gives no answer']],
  ['EAI_FAIL', ['DnsFailed', 'the name server failed']],
  ['EAI_NODATA', ['DnsFailed', 'the host name has no address']],
  ['ECONNREFUSED', ['ConnectionRefused', 'nothing listens there (connection refused)']],
  ['ETIMEDOUT', ['Timeout', 'the network gave no answer in time']],
  ['EHOSTUNREACH', ['Unreachable', 'there is no route to the host']],
  ['ENETUNREACH', ['Unreachable', 'there is no route to the network']],
  ['ECONNRESET', ['Unreachable', 'the connection was reset']],
  ['EPIPE', ['Unreachable', 'the connection was closed']],
  ['ERR_STREAM_PREMATURE_CLOSE', ['Unreachable', 'the connection was closed in the middle of an answer']],
  ['CERT_HAS_EXPIRED', ['TlsFailed', "the server's certificate has expired"]],
  ['CERT_NOT_YET_VALID', ['TlsFailed', "the server's certificate is not valid yet; check the clocks"]],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', ['TlsFailed', "the CA does not vouch for the server's certificate"]],
  ['UNABLE_TO_GET_ISSUER_CERT', ['TlsFailed', "the server's certificate is from an unknown CA"]],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', ['TlsFailed', "the server's certificate is from an unknown CA"]],
  ['SELF_SIGNED_CERT_IN_CHAIN', ['TlsFailed', "the server's certificate is from an unknown CA"]],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', ['TlsFailed', "the server's certificate is self-signed and not trusted"]],
  ['CERT_SIGNATURE_FAILURE', ['TlsFailed', "the server's certificate is not signed by the given CA"]],
  ['ERR_SSL_WRONG_VERSION_NUMBER', ['TlsFailed', 'the server does not speak TLS on this port']],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', ['TlsFailed', 'the server does not speak TLS on this port']],
]);

/**
 * Classes what a socket, TLS or HTTP layer throws. Reaction is always `retry`: an address or a certificate may be
 * put right on the other side without any change here.
 * @param subject where it happened: `https://10.0.0.1:6443`.
 */
export function networkError(error: unknown, subject: string): DatastoreError {
  if (error instanceof DatastoreError) return error;
  const code = codeOf(error);
  const [reason, sentence] = BY_CODE.get(code) ?? meaningOf(code, error);
  return new DatastoreError('retry', reason, `${subject}: ${sentence}`, { cause: error });
}

function meaningOf(code: string, error: unknown): Meaning {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ['TlsFailed', nameMismatch(error)];
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('ERR_OSSL_')) {
    return ['TlsFailed', tlsAlert(code)];
  }
  if (/CERT|ISSUER|CRL|CHAIN/.test(code)) {
    return ['TlsFailed', `the server's certificate is refused (${code})`];
  }
  if (code.startsWith('HPE_')) return ['ProtocolError', `the answer is not HTTP (${code})`];
  if (code.startsWith('ERR_HTTP2_')) return ['Unreachable', `the HTTP/2 connection broke (${code})`];
  return ['Unreachable', `the connection failed${code === '' ? '' : ` (${code})`}`];
}

function tlsAlert(code: string): string {
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code)) {
    return `the server wants a client certificate, or no common TLS version (${code})`;
  }
  if (/ALERT_(BAD_|UNKNOWN_|UNSUPPORTED_)?(CERTIFICATE|CA)|ALERT_.*_(EXPIRED|REVOKED|UNKNOWN)/.test(code)) {
    return `the server refuses our client certificate (${code})`;
  }
  return `the TLS handshake failed (${code})`;
}

/** Only names that the server itself shows in public, bounded. */
function nameMismatch(error: unknown): string {
  const shown = error instanceof Error && 'reason' in error ? String(error.reason).slice(0, 200) : '';
  return `the server's certificate is for another name${shown === '' ? '' : ` (${shown})`}; tls-server-name may help`;
}

/** With several addresses tried, the one that says most: a refusal is an answer, no route is none. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) {
    const codes = error.errors.map(codeOf);
    const telling = ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH'].find((code) => codes.includes(code));
    return telling ?? codes[0] ?? '';
  }
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
