import type { StatusReason } from '../../model/status.ts';
import type { Endpoint } from './endpoint.ts';

/** The connection to an endpoint could not be made, or was lost. Another endpoint may do better. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly endpoint: Endpoint;
  readonly reason: StatusReason;

  constructor(endpoint: Endpoint, reason: StatusReason, message: string, cause?: unknown) {
    super(`${endpoint.url}: ${message}`, { cause });
    this.endpoint = endpoint;
    this.reason = reason;
  }
}

const REASONS: readonly (readonly [RegExp, StatusReason, string])[] = [
  [/^(ENOTFOUND|EAI_)/, 'DnsFailed', 'the host name does not resolve'],
  [/^ECONNREFUSED$/, 'ConnectionRefused', 'the connection was refused'],
  [/^ETIMEDOUT$/, 'Timeout', 'no answer in time'],
  [/^(ECONNRESET|EPIPE|ECONNABORTED)$/, 'Unreachable', 'the connection was cut'],
  [/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, 'Unreachable', 'there is no route'],
  [
    /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO|HOSTNAME_|INVALID_)/,
    'TlsFailed',
    'TLS failed',
  ],
  [/^ERR_HTTP2_(STREAM|SESSION|GOAWAY|INVALID)/, 'Unreachable', 'the connection was cut'],
  [/^ERR_HTTP2_/, 'ProtocolError', 'the peer does not speak HTTP/2'],
];

/** Gives a socket, TLS or HTTP/2 error its reason. Node's messages of these hold no credentials. */
export function connectionError(endpoint: Endpoint, error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const code = codeOf(error);
  const known = REASONS.find(([pattern]) => pattern.test(code));
  const detail = error instanceof Error && error.message !== '' ? error.message : code;
  if (known === undefined) return new ConnectionError(endpoint, 'Unreachable', detail, error);
  return new ConnectionError(endpoint, known[1], `${known[2]}: ${detail}`, error);
}

function codeOf(error: unknown): string {
  // With several addresses per name (happy eyeballs) the attempts come as one AggregateError.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
