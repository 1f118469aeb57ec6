import type { Conflict, SourceStatus } from '../contract/cluster-status.ts';
import type { RccSnapshot, RccSource } from '../contract/rcc-source.ts';
import type { RccDocument } from '../model/rcc.ts';

/** An RCC that is to be served, with the source that it is from. */
export interface DesiredCluster {
  readonly document: RccDocument;
  readonly source: RccSource;
  /** A sentence while the source is gone or unreadable: what it said last still holds. */
  readonly sourceMissing: string | undefined;
}

interface SourceState {
  readonly source: RccSource;
  documents: readonly RccDocument[];
  snapshot: RccSnapshot | undefined;
}

/**
 * What all sources together want. Of two that name the same cluster the source given first wins; within a source
 * the document that it lists first. A source with a problem keeps what it said before.
 */
export class RccRegistry {
  readonly #states: readonly SourceState[];

  constructor(sources: readonly RccSource[]) {
    this.#states = sources.map((source) => ({ source, documents: [], snapshot: undefined }));
  }

  update(source: RccSource, snapshot: RccSnapshot): void {
    const state = this.#states.find((candidate) => candidate.source === source);
    if (!state) return;
    state.documents = snapshot.problem ? overlay(state.documents, snapshot.documents) : snapshot.documents;
    state.snapshot = snapshot;
  }

  /** Every source said something. */
  get complete(): boolean {
    return this.#states.every((state) => state.snapshot !== undefined);
  }

  /** Every source was read, completely, and nothing in it is unreadable: what is not wanted now is not there. */
  get certain(): boolean {
    return this.#states.every(
      ({ snapshot }) => snapshot !== undefined && !snapshot.problem && snapshot.rejected.length === 0,
    );
  }

  waitingFor(): readonly string[] {
    return this.#states.filter((state) => !state.snapshot).map((state) => `source ${state.source.name}`);
  }

  desired(): ReadonlyMap<string, DesiredCluster> {
    const wanted = new Map<string, DesiredCluster>();
    for (const { source, documents, snapshot } of this.#states) {
      for (const document of documents) {
        if (wanted.has(document.name)) continue;
        wanted.set(document.name, { document, source, sourceMissing: snapshot?.problem?.message });
      }
    }
    return wanted;
  }

  conflicts(): readonly Conflict[] {
    const desired = this.desired();
    const all = this.#states.flatMap((state) => state.documents);
    return all.flatMap((document) => {
      const winner = desired.get(document.name)?.document;
      if (!winner || winner === document) return [];
      return [{ name: document.name, used: winner.origin, ignored: document.origin }];
    });
  }

  sources(): readonly SourceStatus[] {
    return this.#states.map(({ source, snapshot }) => ({
      name: source.name,
      reason: snapshot?.problem?.reason ?? null,
      message: snapshot?.problem?.message ?? (snapshot ? 'listed' : 'not listed yet'),
      rejected: snapshot?.rejected ?? [],
    }));
  }
}

/** Old documents, where there is no newer one of the same name, and the newer ones. */
function overlay(before: readonly RccDocument[], now: readonly RccDocument[]): readonly RccDocument[] {
  const names = new Set(now.map((document) => document.name));
  return [...now, ...before.filter((document) => !names.has(document.name))];
}
