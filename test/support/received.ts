/** Collects what a callback receives and waits for the first that fits. */
export class Received<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  readonly push = (value: T): void => {
    this.all.push(value);
    for (const look of this.#waiting) look();
  };

  get last(): T | undefined {
    return this.all.at(-1);
  }

  /** The newest value that fits, now or later; rejects after `timeoutMs` and tells what came instead. */
  async until(description: string, fits: (value: T) => boolean, timeoutMs = 5_000): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = (): void => {
      const { last } = this;
      if (last !== undefined && fits(last)) resolve(last);
    };
    const timer = setTimeout(() => {
      reject(
        new Error(`waited ${timeoutMs} ms for: ${description}; the last was ${JSON.stringify(this.last)}`),
      );
    }, timeoutMs);
    this.#waiting.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}
