/** Answers this fast are never taken for those of a server under load. */
const FLOOR_MS = 50;
/** Answers may be so many times slower than the best. */
const TOLERANCE = 2;
const SMOOTHING = 0.2;
/** The best is that of this one and the last window, so that a server that became slower for good is known after two. */
const WINDOW_MS = 60_000;

/** How slow answers are now against the best seen lately. */
export class LatencyTrend {
  #smooth: number | undefined;
  #best = Infinity;
  #lastBest = Infinity;
  #windowEnd = -Infinity;

  /**
   * @param alone no other request of ours was under way: then the server is slow by itself, and that is the new best.
   * @returns what the number of requests should be multiplied with, 0.5 to 1; 1 = no slower than it may be.
   */
  add(ms: number, now: number, alone: boolean): number {
    this.#smooth = this.#smooth === undefined ? ms : this.#smooth + SMOOTHING * (ms - this.#smooth);
    if (alone) {
      this.#smooth = ms;
      this.#best = ms;
      this.#lastBest = Infinity;
    }
    if (now >= this.#windowEnd) {
      this.#lastBest = this.#best;
      this.#best = Infinity;
      this.#windowEnd = now + WINDOW_MS;
    }
    this.#best = Math.min(this.#best, ms);
    const best = Math.max(FLOOR_MS, Math.min(this.#best, this.#lastBest));
    return Math.min(1, Math.max(0.5, (TOLERANCE * best) / this.#smooth));
  }
}
