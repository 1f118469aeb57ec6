/** Lets at most `width` holders in at once, in the order they came. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];
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

  /** Resolves with the way to leave (may be called twice); rejects with the signal's reason when that aborts first. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const admit = (): void => {
      signal.removeEventListener('abort', give);
      resolve();
    };
    const give = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(admit), 1);
      reject(signal.reason as Error);
    };
    this.#waiting.push(admit);
    signal.addEventListener('abort', give, { once: true });
    return promise;
  }
}
