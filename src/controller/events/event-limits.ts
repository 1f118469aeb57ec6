/** How much may be written. All times in milliseconds. */
export interface EventLimits {
  /** What is said again sooner than this only counts up when it is said later than this. */
  readonly repeatAfterMs: number;
  /** Different Events about one object at once, and how long until one more may follow. */
  readonly objectBurst: number;
  readonly objectEveryMs: number;
  /** Writes of all Events at once, and how long until one more may follow. */
  readonly burst: number;
  readonly everyMs: number;
  /** Events that wait. More are dropped. */
  readonly queue: number;
  /** What could not be written for so long is no news any more. */
  readonly maxAgeMs: number;
  /** Events that are remembered in order to count them up. */
  readonly remembered: number;
  /** One write. */
  readonly timeoutMs: number;
}

export const EVENT_LIMITS: EventLimits = {
  repeatAfterMs: 300_000,
  objectBurst: 10,
  objectEveryMs: 300_000,
  burst: 25,
  everyMs: 500,
  queue: 500,
  maxAgeMs: 300_000,
  remembered: 4096,
  timeoutMs: 5_000,
};
