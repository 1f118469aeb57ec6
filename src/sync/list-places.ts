import type { Gate } from '../runtime/gate.ts';

/**
 * The places of one datastore among the lists of all clusters. While a list of it waits for its first answer in vain, the others go by
 * the side door: of a server that hangs every list hangs, and each would hold up the clusters that answer.
 */
export class ListPlaces {
  readonly #gate: Gate;
  readonly #party: string;
  #silent = false;
  /** Aborts when the datastore turns silent, for those who wait. */
  #turn = new AbortController();

  /** @param party takes turns with others of the gate. */
  constructor(gate: Gate, party: string) {
    this.#gate = gate;
    this.#party = party;
  }

  /** A list got no answer in time. */
  silent(): void {
    this.#silent = true;
    this.#turn.abort(new Error('another list of the datastore gets no answer'));
    this.#turn = new AbortController();
  }

  /** A list was answered. */
  answered(): void {
    this.#silent = false;
  }

  /** As `Gate.enter`. @param doubtful this list is likely to get no answer, whatever others do. */
  async enter(signal: AbortSignal, doubtful: boolean): Promise<() => void> {
    if (doubtful || this.#silent) return this.#gate.sideDoor.enter(signal, this.#party);
    const turn = this.#turn.signal;
    try {
      return await this.#gate.enter(AbortSignal.any([signal, turn]), this.#party);
    } catch (error) {
      if (signal.aborted || !turn.aborted) throw error;
      return this.#gate.sideDoor.enter(signal, this.#party);
    }
  }
}
