/**
 * Whether this process may write to the local cluster now. With leader election only the holder of the Lease may, and
 * only until its renew deadline.
 */
export interface WriteGate {
  /**
   * Milliseconds that a write which starts now may take at most, so that it ends before another process can be the leader;
   * 0 = no write may start.
   */
  budgetMs(): number;
  /** Called when writing becomes allowed, and when it ends. Returns the way to stop. */
  onChange(listener: (mayWrite: boolean) => void): () => void;
  /** Who writes: the identity in the Lease; null = nobody known. */
  readonly holder: string | null;
}
