import type { StatusReason } from '../model/status.ts';

/**
 * What the engine does about an error:
 * - `retry`: try the same again after a back-off (connection lost, 5xx, 429);
 * - `relist`: the resume point is gone (410, compaction): list again, known objects stay;
 * - `forbidden`: this resource may not be read: it alone is retried slowly, others are not held back;
 * - `unauthorized`: the credentials are refused: everything of this datastore is affected; retried slowly;
 * - `config`: cannot work until somebody changes the configuration.
 */
export type Reaction = 'retry' | 'relist' | 'forbidden' | 'unauthorized' | 'config';

/** Every failure of a datastore. `message` is one sentence for people and never holds a credential. */
export class DatastoreError extends Error {
  override readonly name = 'DatastoreError';
  readonly reaction: Reaction;
  readonly reason: StatusReason;
  /** The server asked to wait this long. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reaction: Reaction,
    reason: StatusReason,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, { cause: options.cause });
    this.reaction = reaction;
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}
