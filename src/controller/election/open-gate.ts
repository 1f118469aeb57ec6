import type { WriteGate } from '../../contract/write-gate.ts';

/** The gate of a process that runs alone (`--leader-elect=false`): always open, so no listener is ever called. */
export function openGate(identity: string, budgetMs: number): WriteGate {
  return { budgetMs: () => budgetMs, onChange: () => () => {}, holder: identity };
}
