import { createHash } from 'node:crypto';
import { targetOf, type Work } from './work.ts';

/** Which writes of a dry run are new: the same write of the same service, planned again, is not. */
export class DryRun {
  /** By service: the writes of its last plan. */
  readonly #known = new Map<string, ReadonlySet<string>>();

  fresh(key: string, works: readonly Work[]): readonly Work[] {
    const known = this.#known.get(key);
    const named = works.map((work) => ({ work, name: nameOf(work) }));
    if (works.length === 0) this.#known.delete(key);
    else this.#known.set(key, new Set(named.map(({ name }) => name)));
    return named.filter(({ name }) => known?.has(name) !== true).map(({ work }) => work);
  }
}

function nameOf(work: Work): string {
  const described = work.describe();
  const content = createHash('sha256').update(work.digest()).digest('base64');
  return `${described.op} ${targetOf(described)} ${content}`;
}
