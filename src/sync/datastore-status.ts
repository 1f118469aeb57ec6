import type { DatastoreStatus } from '../contract/cluster-status.ts';
import type { Resource } from '../model/kind.ts';
import type { DatastoreType } from '../model/rcc.ts';
import type { Status, StatusReason } from '../model/status.ts';
import type { ResourcePhase } from './resource-phase.ts';

/** What a session knows of one resource of one datastore. */
export interface ResourceFacts {
  readonly resource: Resource;
  readonly phase: ResourcePhase;
  /** Of the last failed attempt; meaningful while the phase is failing, lost or forbidden. */
  readonly reason: StatusReason;
  readonly message: string;
}

/**
 * Without these a cluster is still usable, and Calico Enterprise's own remote account may not read them
 * (the documented role of its federation guide): to be forbidden does not make a cluster fail.
 */
const OPTIONAL: ReadonlySet<Resource> = new Set<Resource>(['ippools', 'clusterinformations']);

/**
 * The status of one datastore as a pure function of its resources: the worst one speaks.
 * `unreachable` is set while not even the identity could be read.
 */
export function datastoreStatus(
  type: DatastoreType,
  facts: readonly ResourceFacts[],
  unreachable: { readonly reason: StatusReason; readonly message: string } | undefined,
): DatastoreStatus {
  if (unreachable) return { type, status: 'NotConnecting', ...unreachable };
  const broken = facts.find((f) => f.phase === 'failing' || f.phase === 'lost');
  if (broken) return { type, status: 'NotConnecting', reason: broken.reason, message: sentence(broken) };
  const refused = facts.find((f) => f.phase === 'forbidden' && !OPTIONAL.has(f.resource));
  if (refused) return { type, status: 'NotConnecting', reason: 'Forbidden', message: sentence(refused) };
  const of = (phase: ResourcePhase): readonly ResourceFacts[] => facts.filter((f) => f.phase === phase);
  if (facts.length === 0 || of('waiting').length > 0)
    return working(type, 'Connecting', 'Starting', 'connecting');
  const relisting = of('relisting');
  if (relisting.length > 0)
    return working(type, 'ResyncInProgress', 'Relisting', `listing ${names(relisting)} again`);
  const listing = of('listing');
  if (listing.length > 0) return working(type, 'ResyncInProgress', 'Listing', `listing ${names(listing)}`);
  const forbidden = of('forbidden');
  if (forbidden.length > 0) {
    return {
      type,
      status: 'InSync',
      reason: 'PartiallyForbidden',
      message: `in sync, but may not read ${names(forbidden)}`,
    };
  }
  return { type, status: 'InSync', reason: 'Synced', message: 'in sync' };
}

function working(
  type: DatastoreType,
  status: Status,
  reason: StatusReason,
  message: string,
): DatastoreStatus {
  return { type, status, reason, message };
}

function sentence(facts: ResourceFacts): string {
  return `${facts.resource}: ${facts.message}`;
}

function names(facts: readonly ResourceFacts[]): string {
  return facts.map((f) => f.resource).join(', ');
}
