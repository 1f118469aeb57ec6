import type { IndexChange, Lister } from '../../contract/lister.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { FeedPlural } from '../feed-resource.ts';
import { ChangeWindow } from './change-window.ts';
import type { PendingChange } from './change-window.ts';
import type { FeedEvent } from './feed-event.ts';
import type { FeedHistory } from './feed-history.ts';
import type { FeedRevisions } from './feed-revisions.ts';
import type { NamespacesSeen } from './namespaces-seen.ts';
import { indexedObject } from './indexed-object.ts';
import { PLURAL_OF_KIND } from './resource-kinds.ts';

/**
 * How long changes are collected: a batch costs its readers a write each, however small it is. When much comes, twice as long as
 * the last events took: so at least two thirds of the time are left for what else is to be done, and of an object that changes all
 * the time fewer states are told.
 */
const WINDOW_MS = 1;
const LONGEST_WINDOW_MS = 20;

export interface FeedJournalOptions {
  readonly lister: Lister;
  readonly clock: Clock;
  readonly revisions: FeedRevisions;
  readonly history: FeedHistory;
  /** There are new events of these collections. */
  readonly onEvents: (resources: Iterable<FeedPlural>) => void;
}

/** Turns the commits of the index into events. While all collections sleep it does not even listen. */
export class FeedJournal {
  readonly #options: FeedJournalOptions;
  readonly #window = new ChangeWindow();
  #namespaces: NamespacesSeen | undefined;
  #unsubscribe: (() => void) | undefined;
  #cancelFlush: (() => void) | undefined;
  #changes = 0;
  /** Spent on events since the last of them were made. */
  #workMs = 0;

  constructor(options: FeedJournalOptions) {
    this.#options = options;
  }

  get changesTotal(): number {
    return this.#changes;
  }

  /** The sequence of the newest commit. */
  get sequence(): number {
    const { lister, revisions } = this.#options;
    return revisions.sequence(lister.revision);
  }

  /**
   * Makes events of all that is committed. Returns a sequence that divides: what is in the index now is of it or older, each
   * later event is newer, and no reader can stand in the middle of it, as it has not got two events.
   */
  border(): number {
    this.flush();
    const { history, lister } = this.#options;
    if (history.isShared(this.sequence)) lister.bump();
    return this.sequence;
  }

  /** A sequence of its own for something that is no object of the index. */
  bump(): number {
    this.flush();
    const { lister, revisions } = this.#options;
    return revisions.sequence(lister.bump());
  }

  /** From now on events of the collection are kept. */
  wake(resource: FeedPlural): void {
    const { history, lister } = this.#options;
    if (history.isAwake(resource)) return;
    const sequence = this.border();
    this.#unsubscribe ??= lister.onCommit((changes) => this.#accept(changes), { withLast: true });
    history.wake(resource, sequence);
  }

  sleep(resource: FeedPlural): void {
    const { history } = this.#options;
    history.sleep(resource);
    if (resource === 'namespaces') this.#namespaces = undefined;
    if (history.awake.size === 0 && this.#namespaces === undefined) this.stop();
  }

  /** Counts the namespaces of all further changes. The caller wakes the collection when it has counted what is there. */
  follow(namespaces: NamespacesSeen): void {
    const { lister } = this.#options;
    this.flush();
    this.#namespaces = namespaces;
    this.#unsubscribe ??= lister.onCommit((changes) => this.#accept(changes), { withLast: true });
  }

  /** Listens no more. May be called twice. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#window.take();
    this.#namespaces = undefined;
  }

  #accept(changes: readonly IndexChange[]): void {
    const { clock, history, lister } = this.#options;
    this.#changes += changes.length;
    for (const change of changes) {
      const resource = PLURAL_OF_KIND[change.kind];
      if (resource !== undefined && history.isAwake(resource)) this.#window.add(change);
      this.#namespaces?.change(change);
    }
    // Where another listener made a commit of its own the index is ahead of what was told: then contents would be too.
    if (this.#window.isFull && changes[0]?.revision === lister.revision) this.flush();
    else if (this.#cancelFlush === undefined) this.#flushAfter(clock.monotonic(), WINDOW_MS);
  }

  /** Looks after `ms` whether the window that began at `from` is over. */
  #flushAfter(from: number, ms: number): void {
    const { clock } = this.#options;
    this.#cancelFlush = clock.after(ms, () => {
      const wanted = Math.min(LONGEST_WINDOW_MS, 2 * this.#workMs);
      const left = from + wanted - clock.monotonic();
      if (left > 0) this.#flushAfter(from, left);
      else this.flush();
    });
  }

  /** Readers have worked so long on events, in milliseconds. */
  worked(ms: number): void {
    this.#workMs += ms;
  }

  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const { clock, history } = this.#options;
    const from = clock.monotonic();
    const events = new Map<FeedPlural, FeedEvent[]>();
    for (const pending of this.#window.take()) {
      const event = this.#event(pending);
      if (event === undefined) continue;
      const { resource } = event.object;
      const known = events.get(resource);
      if (known === undefined) events.set(resource, [event]);
      else known.push(event);
    }
    const namespaces = this.#namespaces?.take() ?? [];
    if (namespaces.length > 0) events.set('namespaces', namespaces);
    if (events.size === 0) return;
    for (const [resource, all] of events) history.push(resource, all);
    history.trim();
    this.#workMs = clock.monotonic() - from;
    this.#options.onEvents(events.keys());
  }

  #event({ change, before }: PendingChange): FeedEvent | undefined {
    const { lister, revisions } = this.#options;
    const { cluster, kind, name, op } = change;
    if (op === 'delete') {
      if (before === undefined) return undefined;
      const sequence = revisions.sequence(change.revision);
      return { type: 'DELETED', object: indexedObject(cluster, before, sequence, name) };
    }
    const found = lister.get(cluster, kind, change);
    if (found === undefined) return undefined;
    const object = indexedObject(cluster, found.entry, revisions.sequence(found.revision), name);
    return before === undefined ? { type: 'ADDED', object } : { type: 'MODIFIED', object, before };
  }
}
