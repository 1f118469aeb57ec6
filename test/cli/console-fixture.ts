import type { ProcessControl, SignalName, Wiring } from '../../src/cli/command.ts';
import { dispatch } from '../../src/cli/dispatch.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';

/** A process that a test holds in its hand. */
export class ProcessFixture implements ProcessControl {
  readonly handlers = new Map<SignalName, Set<() => void>>();
  readonly exits: number[] = [];

  onSignal = (signal: SignalName, handler: () => void): (() => void) => {
    const handlers = this.handlers.get(signal) ?? new Set();
    this.handlers.set(signal, handlers.add(handler));
    return () => void handlers.delete(handler);
  };

  exit = (code: number): void => {
    this.exits.push(code);
  };

  send(signal: SignalName): void {
    for (const handler of this.handlers.get(signal) ?? []) handler();
  }

  /** Handlers that were not given back. */
  get open(): number {
    return [...this.handlers.values()].reduce((sum, handlers) => sum + handlers.size, 0);
  }
}

const nothing: Wiring = {
  startDaemon: () => Promise.reject(new Error('not part of this test')),
  rccSources: () => Promise.resolve([]),
  adapters: () => Promise.resolve([]),
  localCluster: () => Promise.reject(new Error('no local cluster here')),
};

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface ConsoleOptions {
  readonly wiring?: Partial<Wiring>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly process?: ProcessControl;
  readonly clock?: Clock;
  /** Sees everything that is written, as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a command line in this process. */
export async function fedsyncd(argv: readonly string[], options: ConsoleOptions = {}): Promise<Outcome> {
  let out = '';
  let err = '';
  const code = await dispatch({
    argv,
    environment: options.environment ?? {},
    version: '1.2.3',
    clock: options.clock ?? systemClock,
    terminal: {
      out: (text) => {
        out += text;
        options.onOutput?.(out);
      },
      err: (text) => {
        err += text;
      },
      interactive: false,
    },
    process: options.process ?? new ProcessFixture(),
    wiring: { ...nothing, ...options.wiring },
  });
  return { code, out, err };
}
