import type { Reporter } from '../contract/event.ts';
import type { ChangesSince, IndexChange } from '../contract/lister.ts';
import type { Kind } from '../model/kind.ts';
import type { EntryKey } from '../model/objects.ts';
import { ChangeRing } from './change-ring.ts';
import { nameOf } from './entry-name.ts';

type Listener = (changes: readonly IndexChange[]) => void;

/** Revisions: what is recorded between two `commit`s shares one. Keeps the bounded history and tells the listeners. */
export class CommitLog {
  readonly ring: ChangeRing;
  readonly #report: Reporter;
  readonly #listeners = new Set<{ readonly call: Listener }>();
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

  record(
    op: 'put' | 'delete',
    place: { readonly cluster: string; readonly kind: Kind },
    key: EntryKey,
  ): void {
    const revision = this.#revision + 1;
    this.#recorded = true;
    this.ring.push(revision, op, place, key);
    if (this.#listeners.size > 0) {
      const { cluster, kind } = place;
      this.#changes.push({ revision, op, cluster, kind, namespace: key.namespace, name: nameOf(key) });
    }
  }

  /** Ends the open commit. Nothing recorded: no revision. */
  commit(): void {
    if (!this.#recorded) return;
    this.#recorded = false;
    this.#revision++;
    if (this.#listeners.size === 0) return;
    this.#untold.push(this.#changes);
    this.#changes = [];
    if (!this.#telling) this.#tell();
  }

  changes(since: number): ChangesSince {
    const revision = this.#revision;
    if (!(since >= this.ring.lost && since <= revision)) return { state: 'expired' };
    return { state: 'ok', revision, changes: this.ring.after(since) };
  }

  onCommit(call: Listener): () => void {
    const listener = { call };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
