/** The annotation of the bookmark that ends the initial events of a WatchList. */
export const INITIAL_EVENTS_END: readonly [string, string] = ['k8s.io/initial-events-end', 'true'];
