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

/** How long changes are collected: a batch costs its readers a write each, however small it is. */
const WINDOW_MS = 1;
/**
 * Where more than some 40 objects came in that time it goes on, until eight times as long has passed since the last events as those took: so
 * seven eighths of the time are left for what else is to be done, and of an object that changes all the time fewer states are
 * told. Not longer than what readers can be expected not to notice.
 */
const SMALL_WINDOW_BYTES = 64 << 10;
const WINDOWS_PER_WORK = 8;
const LONGEST_WINDOW_MS = 100;

export interface FeedJournalOptions {
  readonly lister: Lister;
  readonly clock: Clock;
  readonly revisions: FeedRevisions;
  readonly history: FeedHistory;
  /** Memory of changes that are not events yet, estimated. Well below that of the history: watchers must get to read it. */
  readonly windowBytes: number;
  /** There are new events of these collections. */
  readonly onEvents: (resources: Iterable<FeedPlural>) => void;
}

/** Turns the commits of the index into events. While all collections sleep it does not even listen. */
export class FeedJournal {
  readonly #options: FeedJournalOptions;
  readonly #window: ChangeWindow;
  #namespaces: NamespacesSeen | undefined;
  #unsubscribe: (() => void) | undefined;
  #cancelFlush: (() => void) | undefined;
  #changes = 0;
  /** Of what came with this revision or before, the window holds nothing: it is to be told what that was. */
  #flushed = 0;
  /** Spent on events since the last of them were made; and between those and the ones before, as much of it may be yet to come. */
  #workMs = 0;
  #workBeforeMs = 0;
  /** When the last events were made, monotonic. */
  #flushedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FeedJournalOptions) {
    this.#options = options;
    this.#window = new ChangeWindow(options.windowBytes);
  }

  get changesTotal(): number {
    return this.#changes;
  }

  /** The sequence of the newest change. */
  get sequence(): number {
    const { lister, revisions } = this.#options;
    return revisions.sequence(lister.revision);
  }

  /**
   * Makes events of all that is committed. Returns a sequence that divides: what is in the index now is of it or older, each
   * later event is newer.
   */
  border(): number {
    this.flush();
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
    const { history } = this.#options;
    if (history.isAwake(resource)) return;
    const sequence = this.border();
    this.#listen();
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
    this.flush();
    this.#namespaces = namespaces;
    this.#listen();
  }

  #listen(): void {
    const { lister } = this.#options;
    this.#unsubscribe ??= lister.onCommit((changes) => this.#accept(changes), {
      lastUpTo: () => this.#flushed,
    });
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
    const { clock, history } = this.#options;
    this.#changes += changes.length;
    for (const change of changes) {
      const resource = PLURAL_OF_KIND[change.kind];
      if (resource !== undefined && history.isAwake(resource)) this.#window.add(change);
      this.#namespaces?.change(change);
    }
    if (this.#window.isFull) this.flush();
    else this.#cancelFlush ??= clock.after(WINDOW_MS, () => this.#look());
  }

  /** Whether the window is over. */
  #look(): void {
    const { clock } = this.#options;
    const wanted = WINDOWS_PER_WORK * Math.max(this.#workMs, this.#workBeforeMs);
    const left = this.#flushedAt + Math.min(LONGEST_WINDOW_MS, wanted) - clock.monotonic();
    if (left <= 0 || this.#window.bytes < SMALL_WINDOW_BYTES) this.flush();
    else this.#cancelFlush = clock.after(left, () => this.#look());
  }

  /** Readers have worked so long on events, in milliseconds. */
  worked(ms: number): void {
    this.#workMs += ms;
  }

  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const { clock, history, lister } = this.#options;
    // What is recorded already counts on the window that it was recorded for.
    lister.settle();
    this.#flushed = lister.revision;
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
    this.#workBeforeMs = this.#workMs;
    this.#workMs = clock.monotonic() - from;
    this.#flushedAt = from;
    this.#options.onEvents(events.keys());
  }

  #event({ change, isKnown, before }: PendingChange): FeedEvent | undefined {
    const { cluster, name, op } = change;
    const content = op === 'put' ? change.content : before;
    if (content === undefined) return undefined;
    const sequence = this.#options.revisions.sequence(change.revision);
    const object = indexedObject(cluster, content, sequence, name);
    if (op === 'delete') return { type: 'DELETED', object };
    return isKnown ? { type: 'MODIFIED', object, before } : { type: 'ADDED', object };
  }
}
