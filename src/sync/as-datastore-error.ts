import { DatastoreError } from '../contract/datastore-error.ts';

/** Anything else than a DatastoreError is a defect of an adapter: retried like a server error, and named. */
export function asDatastoreError(error: unknown): DatastoreError {
  if (error instanceof DatastoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DatastoreError('retry', 'ProtocolError', `unexpected error: ${message}`, { cause: error });
}
