import type { FailureStatus } from '../objects/status-object.ts';
import { tooManyRequests } from './api-status.ts';
import type { FeedLimits } from './feed-limits.ts';
import type { ServerCounters } from './server-counters.ts';

/** A place that was given; to be left once, more often does no harm. */
export type Leave = () => void;

const REQUEST_RETRY_SECONDS = 1;
/** So much of all requests one user can hold: one who reads slowly, or not at all, leaves something to the others. */
const USER_SHARE = 0.75;
/** Watches last: there is no place again soon. */
const WATCH_RETRY_SECONDS = 5;

/** Counts who is inside and turns away who is too many. */
export class Admission {
  #requests = 0;
  #watches = 0;
  readonly #requestsByUser = new Map<string, number>();
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

  /** Of a request that was let in, when it is known who asks. */
  requestOf(user: string): Leave | FailureStatus {
    const own = this.#requestsByUser.get(user) ?? 0;
    if (own >= Math.ceil(this.#limits.requests * USER_SHARE)) {
      this.#counters.rejected('user-requests');
      return tooManyRequests(
        `this user has ${own} requests to the feed already, please try again later`,
        REQUEST_RETRY_SECONDS,
      );
    }
    this.#requestsByUser.set(user, own + 1);
    return once(() => leave(this.#requestsByUser, user));
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
    return once(() => {
      this.#watches--;
      leave(this.#watchesByUser, user);
    });
  }
}

function leave(inside: Map<string, number>, user: string): void {
  const left = (inside.get(user) ?? 1) - 1;
  if (left > 0) inside.set(user, left);
  else inside.delete(user);
}

function once(run: () => void): Leave {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
