import type { ProcessControl } from './command.ts';
import { EXIT } from './exit-code.ts';

/** SIGTERM and SIGINT: the first asks for an orderly end, the second ends the process at once. */
export class StopSignal {
  /** Resolves with the name of the first signal. */
  readonly requested: Promise<string>;
  readonly #off: readonly (() => void)[];

  constructor(process: ProcessControl) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.requested = promise;
    let asked = false;
    const on = (name: 'SIGTERM' | 'SIGINT'): (() => void) =>
      process.onSignal(name, () => {
        if (asked) process.exit(EXIT.finding);
        asked = true;
        resolve(name);
      });
    this.#off = [on('SIGTERM'), on('SIGINT')];
  }

  /** Gives the signals back. */
  close(): void {
    for (const off of this.#off) off();
  }
}
