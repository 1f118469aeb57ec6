import { DatastoreError } from '../../contract/datastore-error.ts';
import { type LocalApi, WriteError } from '../../contract/local-api.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { withDeadline } from '../../runtime/abortable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type LeaseName, leaseCollectionPath, leasePath } from './lease.ts';

/** Reads and writes one Lease, each request with a time limit. */
export class LeaseClient {
  readonly #api: LocalApi;
  readonly #clock: Clock;
  readonly #name: LeaseName;
  readonly #timeoutMs: number;

  constructor(api: LocalApi, clock: Clock, name: LeaseName, timeoutMs: number) {
    this.#api = api;
    this.#clock = clock;
    this.#name = name;
    this.#timeoutMs = timeoutMs;
  }

  /** undefined = there is none. Rejects with DatastoreError. */
  read(signal: AbortSignal): Promise<JsonObject | undefined> {
    const { namespace, name } = this.#name;
    const exceeded = (): Error =>
      new DatastoreError(
        'retry',
        'Timeout',
        `get Lease ${namespace}/${name}: no answer in ${this.#timeoutMs} ms`,
      );
    return withDeadline({ clock: this.#clock, ms: this.#timeoutMs, exceeded }, signal, (limited) =>
      this.#api.get(leasePath(this.#name), limited),
    );
  }

  /** Replaces the Lease that has this resourceVersion, or creates it where it has none. Rejects with WriteError. */
  write(lease: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const options = { signal, timeoutMs: this.#timeoutMs };
    const metadata = lease['metadata'] as JsonObject;
    return metadata['resourceVersion'] === undefined
      ? this.#api.create(leaseCollectionPath(this.#name), lease, options)
      : this.#api.replace(leasePath(this.#name), lease, options);
  }
}

/** Somebody else wrote first, or what was read before is gone: read again. */
export function isOutdated(error: unknown): boolean {
  return (
    error instanceof WriteError &&
    (error.problem === 'conflict' || error.problem === 'exists' || error.problem === 'not-found')
  );
}

export function isForbidden(error: unknown): boolean {
  if (error instanceof WriteError) return error.problem === 'forbidden';
  return (
    error instanceof DatastoreError && (error.reaction === 'forbidden' || error.reaction === 'unauthorized')
  );
}

/** What the server asked for; 0 = nothing. */
export function retryAfterMs(error: unknown): number {
  const known = error instanceof WriteError || error instanceof DatastoreError;
  return known ? (error.retryAfterMs ?? 0) : 0;
}
