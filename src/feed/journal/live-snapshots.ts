import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { SlowReaderError } from '../feed-store.ts';
import type { ObjectSource } from './object-source.ts';

/** How long the rest of a list can be asked for. */
const CONTINUE_MS = 60_000;
/** Who reads for so long has to make room, where there is none else. */
const SLOW_MS = 30_000;

/** A snapshot that somebody reads, or may go on to read. */
export interface LiveSnapshot {
  /** Names it in continue tokens; not to be guessed from others. */
  readonly id: string;
  readonly source: ObjectSource;
}

export interface SnapshotLease extends LiveSnapshot {
  /** Aborts when the snapshot is taken from its readers; a SlowReaderError says why. */
  readonly revoked: AbortSignal;
  /** The next page can be asked for after this. */
  readonly keep: () => void;
  /** The reader needs it no more. May be called twice. */
  readonly release: () => void;
}

interface Held extends LiveSnapshot {
  /** What it is of. */
  readonly key: string;
  readers: number;
  /** When the last reader came, monotonic. */
  usedAt: number;
  readonly revocation: AbortController;
  /** Until when it stays without a reader, monotonic. */
  until: number;
}

export interface LiveSnapshotsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly max: number;
}

/** The snapshots behind lists, the first events of watches and continue tokens. Readers of the same objects at the same sequence share one. */
export class LiveSnapshots {
  readonly #options: LiveSnapshotsOptions;
  /** Oldest use first. */
  readonly #held = new Map<string, Held>();
  #dropped = 0;

  constructor(options: LiveSnapshotsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  get droppedTotal(): number {
    return this.#dropped;
  }

  /**
   * One of `key` at `sequence`, made by `open` if there is none. undefined: there are too many, and all are being read. Those
   * that wait for a continuation make room, the longest unused first; then those whose readers are slow.
   */
  acquire(key: string, sequence: number, open: () => ObjectSource): SnapshotLease | undefined {
    const known = this.at(key, sequence);
    if (known !== undefined) return known;
    if (this.#held.size >= this.#options.max && !this.#dropOne()) return undefined;
    const held: Held = {
      id: this.#newId(),
      key,
      source: open(),
      readers: 0,
      usedAt: 0,
      revocation: new AbortController(),
      until: 0,
    };
    return this.#lease(held);
  }

  /** The one of `key` at `sequence`. */
  at(key: string, sequence: number): SnapshotLease | undefined {
    for (const held of this.#held.values()) {
      if (held.key === key && held.source.sequence === sequence) return this.#lease(held);
    }
    return undefined;
  }

  /** The one that a token names; undefined where it is given up, or is not of `key`. */
  named(id: string, key: string): SnapshotLease | undefined {
    const held = this.#held.get(id);
    return held?.key === key ? this.#lease(held) : undefined;
  }

  /** Closes those that nobody asked for in time. */
  expire(): void {
    const now = this.#options.clock.monotonic();
    for (const held of this.#held.values()) if (held.readers === 0 && held.until <= now) this.#close(held);
  }

  /** Closes all, also under readers. */
  close(): void {
    for (const held of this.#held.values()) this.#close(held);
  }

  #lease(held: Held): SnapshotLease {
    held.readers++;
    held.usedAt = this.#options.clock.monotonic();
    // The newest use stands last.
    this.#held.delete(held.id);
    this.#held.set(held.id, held);
    let isReading = true;
    return {
      id: held.id,
      source: held.source,
      revoked: held.revocation.signal,
      keep: () => {
        held.until = this.#options.clock.monotonic() + CONTINUE_MS;
      },
      release: () => {
        if (!isReading) return;
        isReading = false;
        held.readers--;
        if (held.until > 0) held.until = Math.max(held.until, this.#options.clock.monotonic() + CONTINUE_MS);
        else if (held.readers === 0) this.#close(held);
      },
    };
  }

  #dropOne(): boolean {
    for (const held of this.#held.values()) {
      if (held.readers > 0) continue;
      this.#dropped++;
      this.#close(held);
      return true;
    }
    return this.#revokeOne();
  }

  /** The one whose readers all came long ago. */
  #revokeOne(): boolean {
    const [oldest] = this.#held.values();
    if (oldest === undefined || this.#options.clock.monotonic() - oldest.usedAt < SLOW_MS) return false;
    oldest.revocation.abort(new SlowReaderError('a list was read so slowly that it had to make room'));
    this.#close(oldest);
    return true;
  }

  #close(held: Held): void {
    this.#held.delete(held.id);
    held.source.close();
  }

  #newId(): string {
    const { random } = this.#options;
    return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('-');
  }
}
