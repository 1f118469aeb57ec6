import { MARKS } from './endpoint-rows.ts';

/** Lends the marks of one resource to the lists that are under way. */
export class ResourceLists {
  readonly #holders = new Map<number, object>();

  /** A mark of its own for `holder`. Where all are lent the oldest list loses its: it will delete nothing. */
  lend(holder: object): number {
    const mark = MARKS.find((each) => !this.#holders.has(each)) ?? this.#oldest();
    this.#holders.delete(mark);
    this.#holders.set(mark, holder);
    return mark;
  }

  /** The mark that `holder` has, 0 = none. */
  markOf(holder: object): number {
    for (const [mark, each] of this.#holders) if (each === holder) return mark;
    return 0;
  }

  giveBack(mark: number): void {
    this.#holders.delete(mark);
  }

  #oldest(): number {
    return this.#holders.keys().next().value ?? 0;
  }
}
