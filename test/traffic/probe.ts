import { setTimeout as delay } from 'node:timers/promises';

/** How often each answer came: the name of a pod, or the code of an error. */
export type Answers = ReadonlyMap<string, number>;

/** A client that connects again and again, to see whether traffic ever stopped meanwhile. */
export class Probe {
  readonly #answers = new Map<string, number>();
  readonly #stop = new AbortController();
  #run: Promise<void> = Promise.resolve();

  /** Asks every 10 ms, one connection after the other, until `stop`. */
  static start(connect: () => Promise<string>): Probe {
    const probe = new Probe();
    probe.#run = probe.#ask(connect);
    return probe;
  }

  /** What came since the start, or since `forget`. */
  get answers(): Answers {
    return this.#answers;
  }

  /** Counts from now on only. */
  forget(): void {
    this.#answers.clear();
  }

  /** Resolves when the last connection has ended. */
  async stop(): Promise<Answers> {
    this.#stop.abort();
    await this.#run;
    return this.#answers;
  }

  async #ask(connect: () => Promise<string>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const answer = await connect().catch(String);
      this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
      await delay(10, undefined, { signal }).catch(() => {});
    }
  }
}
