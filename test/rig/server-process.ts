import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { until, within } from './deadline.ts';
import type { Place } from './place.ts';

const setpriv = '/usr/bin/setpriv';
/** Words in front of a command: with setpriv (Linux) the kernel ends it when the test process was killed; elsewhere only orderly exits do. */
export const endsWithTest: readonly string[] = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL'] : [];

export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** True once the server answers; asked again and again until the deadline. */
  readonly ready: () => Promise<boolean>;
  readonly readyWithinMs?: number;
  readonly place?: Place;
}

/** One run of a server program, and its last output for error messages. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #killAtExit = (): void => void this.#child.kill('SIGKILL');
  #output = '';
  #over = false;

  private constructor(command: ServerCommand) {
    const words = [...endsWithTest, ...(command.place?.command ?? []), command.file, ...command.args];
    const [file = command.file, ...args] = words;
    this.#child = spawn(file, args, { cwd: command.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-8000);
      });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = (): void => {
      this.#over = true;
      process.off('exit', this.#killAtExit);
      resolve();
    };
    this.#child.once('error', (error) => {
      this.#output += String(error);
      over();
    });
    this.#child.once('close', over);
    this.#ended = promise;
    process.on('exit', this.#killAtExit);
  }

  /**
   * Starts the program and waits until it is ready.
   *
   * @throws Error with the server's last output, if it ends first or misses the deadline.
   */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const server = new ServerProcess(command);
    try {
      await until(
        `${command.file} ready`,
        async () => {
          if (server.#over) return 'ended';
          return (await command.ready()) && 'ready';
        },
        { timeoutMs: command.readyWithinMs ?? 60_000, everyMs: 20 },
      );
      if (server.#over) throw new Error(`${command.file} ended at start`);
      return server;
    } catch (error) {
      await server.kill();
      throw new Error(`${String(error)}\n${command.args.join(' ')}\n${server.#output}`, { cause: error });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The end of what the server printed. */
  get output(): string {
    return this.#output;
  }

  /** SIGTERM; SIGKILL where that is not enough. */
  async stop(): Promise<void> {
    if (this.#over) return;
    this.#child.kill('SIGTERM');
    try {
      await within('orderly end', this.#ended, 5000);
    } catch {
      await this.kill();
    }
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    if (this.#over) return;
    this.#child.kill('SIGKILL');
    await within('end after SIGKILL', this.#ended);
  }

  /** SIGSTOP: sockets stay open and nothing answers. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }
}

/** Ports that were free a moment ago: two suites may rarely be given the same, so starters try again. */
export async function freePorts(count: number): Promise<number[]> {
  const holders = await Promise.all(
    Array.from({ length: count }, async () => {
      const holder = createServer();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      holder.once('error', reject).listen(0, '127.0.0.1', () => resolve());
      await promise;
      return holder;
    }),
  );
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(
    holders.map((holder) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      holder.close(() => resolve());
      return promise;
    }),
  );
  return ports;
}

/** Runs `start` up to three times while it fails because somebody else took the port. */
export async function retryingPorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 3 || !String(error).includes('address already in use')) throw error;
    }
  }
}
