import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';

/** Sequence numbers that one second of wall-clock time stands for: no process makes so many changes in that time. */
const PER_SECOND = 2 ** 20;
const PROCESS_DIGITS = 3;
/** Kubernetes' resource versions are below 2^64; ours below 2^63. */
const MAX_DIGITS = 19;

/**
 * The resource versions of one process: the revision of the index on top of the time at which the process started, and three
 * digits that tell processes apart which started together. So what another process issued is not mistaken for
 * one's own, and objects never seem older after a restart.
 */
export class FeedRevisions {
  readonly #base: number;
  readonly #process: string;

  constructor(clock: Clock, random: Random) {
    this.#base = Math.floor(clock.now() / 1000) * PER_SECOND;
    this.#process = String(Math.floor(random() * 10 ** PROCESS_DIGITS)).padStart(PROCESS_DIGITS, '0');
  }

  /** Names this process. */
  get process(): string {
    return this.text(this.#base);
  }

  /** `FeedObject.sequence` of what a change of the index gave its content. */
  sequence(revision: number): number {
    return this.#base + revision;
  }

  /** `metadata.resourceVersion` for a sequence number. */
  text(sequence: number): string {
    return `${sequence}${this.#process}`;
  }

  /** The revision behind a resource version; `foreign` where this process cannot have issued it. */
  parse(text: string): number | 'malformed' | 'foreign' {
    if (!/^\d+$/.test(text)) return 'malformed';
    if (text.length > MAX_DIGITS || !text.endsWith(this.#process) || text.startsWith('0')) return 'foreign';
    const revision = Number(text.slice(0, -PROCESS_DIGITS)) - this.#base;
    return revision >= 0 && Number.isSafeInteger(revision) ? revision : 'foreign';
  }
}
