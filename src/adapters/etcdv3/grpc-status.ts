/** Codes of gRPC that mean something to us (grpc/grpc, doc/statuscodes.md). */
export const GRPC = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The server answered a call with something else than OK. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: number;

  /** `details` is the server's text: bounded here, since the server is not trusted. */
  constructor(code: number, details: string) {
    super(details.length > 300 ? `${details.slice(0, 300)}…` : details);
    this.code = code;
  }
}

/** A message is larger than the caller accepts. Nothing of it was kept. */
export class MessageTooLarge extends Error {
  override readonly name = 'MessageTooLarge';
}

/** Reads `grpc-status` and `grpc-message` of a response's trailers. Undefined where there is no status. */
export function statusOf(headers: Readonly<Record<string, unknown>>): GrpcError | 'ok' | undefined {
  const status = headers['grpc-status'];
  if (typeof status !== 'string' || !/^\d{1,3}$/.test(status)) return undefined;
  const code = Number(status);
  if (code === GRPC.ok) return 'ok';
  const message = headers['grpc-message'];
  return new GrpcError(code, typeof message === 'string' ? decodeMessage(message) : `status ${code}`);
}

/** `grpc-message` is percent-encoded; what does not decode is shown as it came. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
