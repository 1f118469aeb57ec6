import type { DaemonEvent } from '../../contract/event.ts';

/** What the elector tells of itself. `lease` is `namespace/name`; no field holds a credential. */
export type ElectionEvent = Extract<DaemonEvent, { readonly event: `leader.${string}` | `lease.${string}` }>;
