import type { Clock } from '../../runtime/clock.ts';

const SLICE_MS = 5;
/** For plans that take no time worth measuring. */
const MAX_PLANS = 64;

/** A bounded stretch of planning; then timers and sockets have a turn. */
export class TurnSlice {
  readonly #clock: Clock;
  readonly #end: number;
  #plans = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#end = clock.monotonic() + SLICE_MS;
  }

  get over(): boolean {
    return this.#plans >= MAX_PLANS || this.#clock.monotonic() >= this.#end;
  }

  planned(): void {
    this.#plans++;
  }
}
