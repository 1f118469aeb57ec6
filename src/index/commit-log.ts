import type { Reporter } from '../contract/event.ts';
import type { ChangesSince, IndexChange } from '../contract/lister.ts';
import type { Kind } from '../model/kind.ts';
import type { Entry, EntryKey } from '../model/objects.ts';
import { ChangeRing } from './change-ring.ts';
import { nameOf } from './entry-name.ts';

type Listener = (changes: readonly IndexChange[]) => void;

/** Revisions: what is recorded between two `commit`s shares one. Keeps the bounded history and tells the listeners. */
export class CommitLog {
  readonly ring: ChangeRing;
  readonly #report: Reporter;
  readonly #listeners = new Set<{ readonly call: Listener; readonly withLast: boolean }>();
  #wantsLast = false;
  #revision = 0;
  #recorded = false;
  /** Changes of the open commit; only collected while somebody listens. */
  #changes: IndexChange[] = [];
  /** Commits that wait because a listener, being told, made another. */
  readonly #untold: (readonly IndexChange[])[] = [];
  #telling = false;

  constructor(historyLength: number, report: Reporter) {
    this.ring = new ChangeRing(historyLength);
    this.#report = report;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Of the commit that is open, or would be. */
  get next(): number {
    return this.#revision + 1;
  }

  /** Whether a listener wants to know what an object was before a change. */
  get wantsLast(): boolean {
    return this.#wantsLast;
  }

  /** `last` is what was under the key before; only needed while `wantsLast`. */
  record(
    op: 'put' | 'delete',
    place: { readonly cluster: string; readonly kind: Kind },
    key: EntryKey,
    last?: Entry,
  ): void {
    const revision = this.#revision + 1;
    this.#recorded = true;
    this.ring.push(revision, op, place, key);
    if (this.#listeners.size > 0) {
      const { cluster, kind } = place;
      const change = { revision, op, cluster, kind, namespace: key.namespace, name: nameOf(key) };
      this.#changes.push(last === undefined ? change : { ...change, last });
    }
  }

  /** Ends the open commit. Nothing recorded: no revision. */
  commit(): void {
    if (!this.#recorded) return;
    this.#recorded = false;
    this.#revision++;
    if (this.#changes.length === 0) return;
    this.#untold.push(this.#changes);
    this.#changes = [];
    if (!this.#telling) this.#tell();
  }

  /**
   * A commit without changes: nobody is told. A reporter may ask for one in the middle of a commit; what that recorded so
   * far becomes a commit of its own then, so that each revision still means one thing.
   */
  bump(): number {
    this.commit();
    return ++this.#revision;
  }

  changes(since: number): ChangesSince {
    const revision = this.#revision;
    if (!(since >= this.ring.lost && since <= revision)) return { state: 'expired' };
    return { state: 'ok', revision, changes: this.ring.after(since) };
  }

  onCommit(call: Listener, withLast = false): () => void {
    const listener = { call, withLast };
    this.#listeners.add(listener);
    this.#settleWishes();
    return () => {
      this.#listeners.delete(listener);
      this.#settleWishes();
    };
  }

  #settleWishes(): void {
    this.#wantsLast = Array.from(this.#listeners).some(({ withLast }) => withLast);
  }

  #tell(): void {
    this.#telling = true;
    for (let changes = this.#untold.shift(); changes; changes = this.#untold.shift()) {
      for (const listener of this.#listeners) {
        try {
          listener.call(changes);
        } catch (error) {
          this.#report({
            event: 'internal.error',
            message: `a listener of the index failed: ${String(error)}`,
          });
        }
      }
    }
    this.#telling = false;
  }
}
