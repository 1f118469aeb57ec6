/** Longest time between two turns of the event loop. */
export class StallWatch {
  #last = performance.now();
  #longest = 0;
  #running = true;

  constructor() {
    const turn = (): void => {
      this.#look();
      if (this.#running) setImmediate(turn);
    };
    setImmediate(turn);
  }

  reset(): void {
    this.#look();
    this.#longest = 0;
  }

  stop(): number {
    this.#look();
    this.#running = false;
    return this.#longest;
  }

  #look(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last);
    this.#last = now;
  }
}
