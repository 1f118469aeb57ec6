import { DatastoreError } from '../../../contract/datastore-error.ts';

/** Where a setting stands, for messages and for file references. */
export interface Place {
  /** `/etc/remote/kubeconfig`, `spec.kubeconfigInline`. */
  readonly origin: string;
  /** Relative paths start here; undefined for inline text, which has no directory. */
  readonly directory: string | undefined;
  /** Whether `exec` and file references are honoured. */
  readonly trusted: boolean;
}

/** A setting that is wrong. `problem` must not hold the value of a secret. */
export function configError(place: Place, field: string, problem: string): DatastoreError {
  const reason = place.directory === undefined ? 'InvalidConfig' : 'FileInvalid';
  return new DatastoreError('config', reason, `${place.origin}: ${field} ${problem}`);
}
