/** Why something that backing services hold is not taken. */
export const LEFT_OUT_REASONS = ['fqdn', 'unmatched', 'refused', 'duplicate', 'excess', 'own'] as const;
/**
 * `fqdn`: slices of addressType FQDN · `unmatched`: endpoints of slices without a port that is asked for · `refused`:
 * addresses inside the local cluster's own service range · `duplicate`: endpoints whose address and ports are given more
 * than once · `excess`: endpoints of addresses that too many slices give with other ports each · `own`: slices that we
 * have written.
 */
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

/** How many there were, and the first of them by name. */
export interface Tally {
  readonly count: number;
  readonly named: readonly string[];
}

/** Names that are remembered for each reason. */
const NAMED = 10;
/** Remote objects may call themselves anything. */
const MAX_NAME = 253;
const NONE: Tally = { count: 0, named: [] };

/** What the slices of backing services hold and a federated service does not take: mostly nothing. */
export class LeftOut {
  #tallies: Map<LeftOutReason, { count: number; readonly named: string[] }> | undefined;

  add(reason: LeftOutReason, text: string, count = 1): void {
    if (count === 0) return;
    const name = text.slice(0, MAX_NAME);
    this.#tallies ??= new Map();
    const known = this.#tallies.get(reason);
    if (known === undefined) this.#tallies.set(reason, { count, named: [name] });
    else {
      known.count += count;
      if (known.named.length < NAMED) known.named.push(name);
    }
  }

  of(reason: LeftOutReason): Tally {
    return this.#tallies?.get(reason) ?? NONE;
  }
}
