/** A selector that is not valid: where, and what was expected there. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
  /** Offset in the text, from 0. */
  readonly position: number;

  constructor(position: number, problem: string) {
    super(`at position ${position}: ${problem}`);
    this.position = position;
  }
}
