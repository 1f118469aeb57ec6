import assert from 'node:assert/strict';
import type { LeaderElector } from '../../../src/controller/election/leader-elector.ts';

/** Watches electors of one Lease: no two may ever have a budget at the same moment. */
export class Exclusion {
  readonly violations: string[] = [];
  /** Who began to lead, in order. */
  readonly terms: string[] = [];
  readonly #electors = new Set<LeaderElector>();

  add(elector: LeaderElector): void {
    this.#electors.add(elector);
    elector.onChange((open) => {
      if (open) this.terms.push(elector.identity);
      this.look();
    });
  }

  /** Forgets a process that is dead: what it believes writes nothing. */
  remove(elector: LeaderElector): void {
    this.#electors.delete(elector);
  }

  get leader(): LeaderElector | undefined {
    return [...this.#electors].find((elector) => elector.budgetMs() > 0);
  }

  look(): void {
    const leading = [...this.#electors].filter((elector) => elector.budgetMs() > 0);
    if (leading.length > 1) {
      this.violations.push(leading.map((e) => `${e.identity} for ${e.budgetMs()} ms`).join(', '));
    }
  }

  assertHeld(): void {
    assert.deepEqual(this.violations, []);
  }
}
