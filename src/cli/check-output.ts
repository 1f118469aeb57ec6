/**
 * Keeps the lines of clusters that are checked at the same time apart: one cluster is shown as it goes, the others
 * wait until it has ended and then follow as blocks.
 */
export class CheckOutput {
  readonly #out: (text: string) => void;
  readonly #held = new Map<string, string>();
  readonly #ended = new Set<string>();
  #shown: string | undefined;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** Lines of a cluster that has not ended. */
  step(name: string, text: string): void {
    this.#shown ??= name;
    if (name === this.#shown) this.#out(text);
    else this.#held.set(name, (this.#held.get(name) ?? '') + text);
  }

  /** No more lines of that cluster. */
  end(name: string): void {
    this.#ended.add(name);
    if (this.#shown !== name) return;
    this.#shown = undefined;
    for (const [waiting, text] of this.#held) {
      this.#held.delete(waiting);
      this.#out(text);
      if (this.#ended.has(waiting)) continue;
      this.#shown = waiting;
      return;
    }
  }
}
