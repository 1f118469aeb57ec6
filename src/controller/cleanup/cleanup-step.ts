/**
 * One thing that the cleanup did or found, for people. `planned`: a dry run would not do more · `gone`: somebody else was
 * faster · `note`: nothing was done, but it should be known · `refused`: nothing was touched at all.
 */
export interface CleanupStep {
  /** `EndpointSlice shop/web-0a1b2c3d4e-0`; what the step is about. */
  readonly subject: string;
  readonly outcome: 'done' | 'planned' | 'gone' | 'note' | 'failed' | 'refused';
  /** What was done, or why not: `deleted`, or one sentence. */
  readonly message: string;
}

/** Whether a cleanup with these steps left something undone. */
export function isIncomplete(step: CleanupStep): boolean {
  return step.outcome === 'failed' || step.outcome === 'refused';
}

export function failed(subject: string, error: unknown): CleanupStep {
  const message = error instanceof Error ? error.message : String(error);
  return { subject, outcome: 'failed', message };
}
