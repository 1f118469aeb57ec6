/**
 * Why an Event is written, and how urgent it is. Reasons are an interface: people and alerts match on them, so a word that
 * was released never changes its meaning.
 */
export const EVENT_REASONS = {
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
} as const satisfies Readonly<Record<string, 'Normal' | 'Warning'>>;

export type EventReason = keyof typeof EVENT_REASONS;
