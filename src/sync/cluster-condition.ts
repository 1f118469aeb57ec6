import type { DatastoreStatus } from '../contract/cluster-status.ts';
import type { Status, StatusReason } from '../model/status.ts';

/** A status with why. */
export interface Condition {
  readonly status: Status;
  readonly reason: StatusReason;
  readonly message: string;
}

/** Facts beside the datastores that decide the status of a cluster. */
export interface ClusterFacts {
  /** The present configuration cannot be used; an earlier session may go on. */
  readonly configProblem: { readonly reason: StatusReason; readonly message: string } | undefined;
  readonly datastores: readonly DatastoreStatus[];
  /** etcdv3 without Kubernetes access. */
  readonly identityOnly: boolean;
  readonly overBudget: boolean;
  /** The RCC's source is gone or unreadable. */
  readonly sourceMissing: string | undefined;
}

const SEVERITY: Readonly<Record<Status, number>> = {
  InSync: 0,
  ResyncInProgress: 1,
  Connecting: 2,
  NotConnecting: 3,
  ConfigIncomplete: 4,
};

/** The status of a cluster: a problem of configuration first, then the worse datastore, then remarks on being in sync. */
export function clusterCondition(facts: ClusterFacts): Condition {
  if (facts.configProblem) return { status: 'ConfigIncomplete', ...facts.configProblem };
  const [first, ...rest] = facts.datastores;
  if (!first) return { status: 'Connecting', reason: 'Starting', message: 'connecting' };
  const worst = rest.reduce((a, b) => (SEVERITY[b.status] > SEVERITY[a.status] ? b : a), first);
  if (worst.status !== 'InSync') {
    const prefix = rest.length > 0 ? `${worst.type}: ` : '';
    return { status: worst.status, reason: worst.reason, message: `${prefix}${worst.message}` };
  }
  return { status: 'InSync', ...remark(facts) };
}

function remark(facts: ClusterFacts): { readonly reason: StatusReason; readonly message: string } {
  if (facts.sourceMissing !== undefined) return { reason: 'SourceMissing', message: facts.sourceMissing };
  if (facts.overBudget) {
    return { reason: 'BudgetExceeded', message: 'in sync, but new objects beyond the budget are left out' };
  }
  const partial = facts.datastores.find((d) => d.reason === 'PartiallyForbidden');
  if (partial) return { reason: 'PartiallyForbidden', message: partial.message };
  if (facts.identityOnly) return { reason: 'IdentityOnly', message: 'in sync; endpoints only, no services' };
  return { reason: 'Synced', message: 'in sync' };
}
