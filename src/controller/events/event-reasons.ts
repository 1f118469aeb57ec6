import type { StatusReason } from '../../model/status.ts';

/*
 * Why an Event is written, and how urgent it is. Reasons are an interface: people and alerts match on them, so a word that
 * was released never changes its meaning.
 */

export type EventType = 'Normal' | 'Warning';

/** Of Events on Services. */
export const SERVICE_REASONS = {
  /** The federation annotation is not a selector: the service is not federated. */
  BadServiceSelector: 'Warning',
  /** The federation annotation is empty; it would select everything: the service is not federated. */
  EmptyServiceSelector: 'Warning',
  /** The Service selects pods itself: it is not federated. */
  HasSelector: 'Warning',
  /** The service, or one that would back it, has type ExternalName, which has no endpoints. */
  ExternalNameNotFederated: 'Warning',
  /** A backing EndpointSlice holds host names, which no Service can be backed by. */
  FqdnNotFederated: 'Warning',
  /** An address that a cluster gave may not be used. */
  AddressRefused: 'Warning',
  /** Another controller writes endpoints of this service. */
  AnotherController: 'Warning',
  /** The API server refuses an EndpointSlice for good. */
  SliceRefused: 'Warning',
} as const satisfies Readonly<Record<string, EventType>>;

/**
 * Reasons of a remote cluster's status that its RemoteClusterConfiguration gets no Event of: steps of an ordinary start or
 * resync, and what is wrong with the source of all RCCs, when Events could not be written or nobody could look at the RCC.
 */
const UNTOLD = [
  'Starting',
  'Listing',
  'Relisting',
  'SourceMissing',
] as const satisfies readonly StatusReason[];

/** Reasons of being in sync as was wanted. */
const NORMAL = ['Synced', 'IdentityOnly', 'PartiallyForbidden'] as const satisfies readonly StatusReason[];

/** Of Events on RemoteClusterConfigurations: the reasons of the status, but for those that are not told. */
export type ClusterReason = Exclude<StatusReason, (typeof UNTOLD)[number]>;

export type EventReason = keyof typeof SERVICE_REASONS | ClusterReason;

const UNTOLD_REASONS: ReadonlySet<string> = new Set(UNTOLD);
const NORMAL_REASONS: ReadonlySet<string> = new Set(NORMAL);

export function isClusterReason(reason: StatusReason): reason is ClusterReason {
  return !UNTOLD_REASONS.has(reason);
}

export function eventType(reason: EventReason): EventType {
  return NORMAL_REASONS.has(reason) ? 'Normal' : 'Warning';
}
