import type { FailureStatus } from '../objects/status-object.ts';
import { tooManyRequests } from './api-status.ts';
import type { FeedLimits } from './feed-limits.ts';
import type { ServerCounters } from './server-counters.ts';

/** A place that was given; to be left once, more often does no harm. */
export type Leave = () => void;

const REQUEST_RETRY_SECONDS = 1;
/** Watches last: there is no place again soon. */
const WATCH_RETRY_SECONDS = 5;

/** Counts who is inside and turns away who is too many. */
export class Admission {
  #requests = 0;
  #watches = 0;
  readonly #watchesByUser = new Map<string, number>();
  readonly #limits: FeedLimits;
  readonly #counters: ServerCounters;

  constructor(limits: FeedLimits, counters: ServerCounters) {
    this.#limits = limits;
    this.#counters = counters;
  }

  get requests(): number {
    return this.#requests;
  }

  get watches(): number {
    return this.#watches;
  }

  request(): Leave | FailureStatus {
    if (this.#requests >= this.#limits.requests) {
      this.#counters.rejected('requests');
      return tooManyRequests(
        'the feed has too many requests to answer, please try again later',
        REQUEST_RETRY_SECONDS,
      );
    }
    this.#requests++;
    return once(() => this.#requests--);
  }

  watch(user: string): Leave | FailureStatus {
    const own = this.#watchesByUser.get(user) ?? 0;
    if (this.#watches >= this.#limits.watches) {
      this.#counters.rejected('watches');
      return tooManyRequests('the feed has too many watches, please try again later', WATCH_RETRY_SECONDS);
    }
    if (own >= this.#limits.watchesPerUser) {
      this.#counters.rejected('user-watches');
      return tooManyRequests(
        `this user has ${own} watches of the feed already, which is the limit`,
        WATCH_RETRY_SECONDS,
      );
    }
    this.#watches++;
    this.#watchesByUser.set(user, own + 1);
    return once(() => this.#leaveWatch(user));
  }

  #leaveWatch(user: string): void {
    this.#watches--;
    const left = (this.#watchesByUser.get(user) ?? 1) - 1;
    if (left > 0) this.#watchesByUser.set(user, left);
    else this.#watchesByUser.delete(user);
  }
}

function once(run: () => void): Leave {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
