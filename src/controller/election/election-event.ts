/** What the elector tells of itself. `lease` is `namespace/name`; no field holds a credential. */
export type ElectionEvent =
  | { readonly event: 'leader.acquired'; readonly lease: string; readonly identity: string }
  | {
      /** Writing ended although nobody asked for it: the deadline passed, or another took the Lease. */
      readonly event: 'leader.lost';
      readonly lease: string;
      readonly identity: string;
      readonly message: string;
    }
  | { readonly event: 'leader.released'; readonly lease: string; readonly identity: string }
  | {
      /** Another holder is named in the Lease than before; null = nobody. Also told of the first one seen. */
      readonly event: 'leader.changed';
      readonly lease: string;
      readonly holder: string | null;
    }
  | {
      /** The Lease cannot be read or written. It is tried again. Told once, until it works or fails otherwise. */
      readonly event: 'lease.failed';
      readonly lease: string;
      readonly problem: 'forbidden' | 'failed';
      readonly message: string;
    }
  | { readonly event: 'lease.resumed'; readonly lease: string };
