/** Lets at most `width` holders in at once. Those who wait come in turn: one of each party, and within a party in the order they came. */
export class Gate {
  #free: number;
  /** By party, the next to be served first. No queue in it is empty. */
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #width: number;
  #sideDoor: Gate | undefined;

  constructor(width: number) {
    this.#width = width;
    this.#free = width;
  }

  /** A gate of its own beside this one, as wide: for those who are likely to stay long, so that they hold up only each other. */
  get sideDoor(): Gate {
    this.#sideDoor ??= new Gate(this.#width);
    return this.#sideDoor;
  }

  /**
   * Resolves with the way to leave (may be called twice); rejects with the signal's reason when that aborts first.
   *
   * @param party a crowd of one party does not keep others waiting; all are of one unless told.
   */
  async enter(signal: AbortSignal, party = ''): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal, party);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#next();
      if (next) next();
      else this.#free++;
    };
  }

  #next(): (() => void) | undefined {
    for (const [party, queue] of this.#waiting) {
      const next = queue.shift();
      this.#waiting.delete(party);
      if (queue.length > 0) this.#waiting.set(party, queue);
      return next;
    }
    return undefined;
  }

  #wait(signal: AbortSignal, party: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const admit = (): void => {
      signal.removeEventListener('abort', give);
      resolve();
    };
    const give = (): void => {
      const queue = this.#waiting.get(party) ?? [];
      queue.splice(queue.indexOf(admit), 1);
      if (queue.length === 0) this.#waiting.delete(party);
      reject(signal.reason as Error);
    };
    const queue = this.#waiting.get(party);
    if (queue === undefined) this.#waiting.set(party, [admit]);
    else queue.push(admit);
    signal.addEventListener('abort', give, { once: true });
    return promise;
  }
}
