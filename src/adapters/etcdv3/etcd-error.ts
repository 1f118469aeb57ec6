import { DatastoreError } from '../../contract/datastore-error.ts';
import { ConnectionError } from './connection-error.ts';
import { GRPC, GrpcError, MessageTooLarge } from './grpc-status.ts';
import { ProtoError } from './proto-reader.ts';

// Texts of etcd: api/v3rpc/rpctypes/error.go. The wire has no finer codes than these.

/** The token is unknown to the server: expired, or the server was restarted. A new one helps. */
export function isTokenRefused(error: unknown): boolean {
  if (!(error instanceof GrpcError)) return false;
  return (
    error.code === GRPC.unauthenticated ||
    error.message.includes('invalid auth token') ||
    error.message.includes('revision of auth store is old')
  );
}

/** The cluster has authentication turned off: credentials are not needed, and a token cannot be had. */
export function isAuthDisabled(error: unknown): boolean {
  return error instanceof GrpcError && error.message.includes('authentication is not enabled');
}

/** A revision that was asked for is compacted away, or (`future`) was never reached. */
export function outOfRange(error: unknown): 'compacted' | 'future' | undefined {
  if (!(error instanceof GrpcError) || error.code !== GRPC.outOfRange) return undefined;
  return error.message.includes('future') ? 'future' : 'compacted';
}

/** Another endpoint, or the same one a little later, may well answer. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof GrpcError && error.code === GRPC.unavailable);
}

export function compacted(subject: string): DatastoreError {
  return new DatastoreError('relist', 'Compacted', `${subject}: the revision is compacted away`);
}

export function replaced(subject: string, what: string): DatastoreError {
  return new DatastoreError('relist', 'ClusterReplaced', `${subject}: ${what}`);
}

/**
 * Gives every failure of the etcd protocol its reaction. `subject` is the endpoint. Errors of other kinds (an abort, a
 * fault of ours) are returned as they are.
 */
export function toDatastoreError(error: unknown, subject: string): unknown {
  if (error instanceof ConnectionError) {
    return new DatastoreError('retry', error.reason, error.message, { cause: error });
  }
  if (error instanceof ProtoError || error instanceof MessageTooLarge) {
    const message = `${subject}: the answer cannot be read: ${error.message}`;
    return new DatastoreError('retry', 'ProtocolError', message, { cause: error });
  }
  return error instanceof GrpcError ? fromGrpc(error, subject) : error;
}

function fromGrpc(error: GrpcError, subject: string): DatastoreError {
  const message = `${subject}: ${error.message}`;
  const cause = { cause: error };
  if (isTokenRefused(error) || isCredentialRefused(error)) {
    return new DatastoreError('unauthorized', 'Unauthorized', message, cause);
  }
  if (outOfRange(error) === 'compacted') return new DatastoreError('relist', 'Compacted', message, cause);
  switch (error.code) {
    case GRPC.permissionDenied:
      return new DatastoreError('forbidden', 'Forbidden', message, cause);
    case GRPC.deadlineExceeded:
      return new DatastoreError('retry', 'Timeout', message, cause);
    case GRPC.resourceExhausted:
      return new DatastoreError('retry', 'Overloaded', message, cause);
    case GRPC.unimplemented:
      return new DatastoreError('retry', 'ProtocolError', message, cause);
    default:
      return new DatastoreError('retry', 'ServerError', message, cause);
  }
}

function isCredentialRefused(error: GrpcError): boolean {
  return (
    error.message.includes('authentication failed') ||
    error.message.includes('user name is empty') ||
    error.message.includes('user name not found') ||
    error.message.includes('password is empty')
  );
}
