import type { Reporter } from '../contract/event.ts';
import type { ChangesSince, ContentWish, IndexChange } from '../contract/lister.ts';
import type { Kind } from '../model/kind.ts';
import type { Entry, EntryKey } from '../model/objects.ts';
import { ChangeRing } from './change-ring.ts';
import { nameOf } from './entry-name.ts';

type Listener = (changes: readonly IndexChange[]) => void;

/** What a change is told with, beside the key. */
interface Place {
  readonly cluster: string;
  readonly kind: Kind;
}

interface ChangeRecord {
  readonly revision: number;
  readonly op: 'put' | 'delete';
  readonly key: EntryKey;
}

const NO_CONTENTS: Contents = {};

export type Contents = Pick<IndexChange, 'content' | 'last' | 'replaces'>;

/** A change as it is told. Its name is made when somebody asks. */
class RecordedChange implements IndexChange {
  readonly revision: number;
  readonly op: 'put' | 'delete';
  readonly cluster: string;
  readonly kind: Kind;
  readonly namespace: string;
  readonly content: Entry | undefined;
  readonly last: Entry | undefined;
  readonly replaces: number | undefined;
  readonly #key: EntryKey;
  #name: string | undefined;

  constructor({ revision, op, key }: ChangeRecord, place: Place, contents: Contents) {
    this.revision = revision;
    this.op = op;
    this.cluster = place.cluster;
    this.kind = place.kind;
    this.namespace = key.namespace;
    this.content = contents.content;
    this.last = contents.last;
    this.replaces = contents.replaces;
    this.#key = key;
  }

  get name(): string {
    this.#name ??= nameOf(this.#key);
    return this.#name;
  }
}

/**
 * Revisions: each change has one. What is recorded between two `commit`s becomes visible and is told as one. Keeps the bounded
 * history.
 */
export class CommitLog {
  readonly ring: ChangeRing;
  readonly #report: Reporter;
  readonly #listeners = new Set<{ readonly call: Listener; readonly wish: ContentWish | undefined }>();
  #wishes: readonly ContentWish[] = [];
  #revision = 0;
  /** Changes of the open commit. */
  #recorded = 0;
  /** Those changes; only collected while somebody listens. */
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

  /** Of the change that is recorded next. */
  get next(): number {
    return this.#revision + this.#recorded + 1;
  }

  /** Whether a listener wants to know what objects are and were. */
  get wantsContents(): boolean {
    return this.#wishes.length > 0;
  }

  /** Whether a listener wants to know what an object was before, if that came with the commit `revision`. */
  wantsLast(revision: number): boolean {
    for (const { lastUpTo } of this.#wishes) if (revision <= lastUpTo()) return true;
    return false;
  }

  /** `contents` is only needed while `wantsContents`. */
  record(op: 'put' | 'delete', place: Place, key: EntryKey, contents?: Contents): void {
    const revision = this.next;
    this.#recorded++;
    this.ring.push(revision, op, place, key);
    if (this.#listeners.size > 0) {
      this.#changes.push(new RecordedChange({ revision, op, key }, place, contents ?? NO_CONTENTS));
    }
  }

  /** Ends the open commit. Nothing recorded: no revision. */
  commit(): void {
    if (this.#recorded === 0) return;
    this.#revision += this.#recorded;
    this.#recorded = 0;
    if (this.#changes.length === 0) return;
    this.#untold.push(this.#changes);
    this.#changes = [];
    if (!this.#telling) this.#tell();
  }

  /**
   * A revision without a change: nobody is told. A reporter may ask for one in the middle of a commit; what that recorded so
   * far becomes a commit of its own then.
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

  onCommit(call: Listener, wish?: ContentWish): () => void {
    const listener = { call, wish };
    this.#listeners.add(listener);
    this.#settleWishes();
    return () => {
      this.#listeners.delete(listener);
      this.#settleWishes();
    };
  }

  #settleWishes(): void {
    this.#wishes = Array.from(this.#listeners, ({ wish }) => wish).filter((wish) => wish !== undefined);
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
