import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExplainDocument, StatusDocument } from '../../src/contract/ops-documents.ts';
import { until } from '../rig/deadline.ts';
import type { Place } from '../rig/place.ts';
import { endsWithTest, freePorts } from '../rig/server-process.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** One line of the daemon's log. */
export interface LogLine {
  readonly event?: string;
  readonly level: string | number;
  readonly msg?: string;
  readonly cluster?: string;
  readonly [field: string]: unknown;
}

/** A real `fedsyncd run`, seen only from outside: its log, its exit code, its ops port. */
export class DaemonProcess {
  readonly #child: ChildProcess;
  readonly lines: LogLine[] = [];
  output = '';
  opsAddress = '';
  #closed = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.once('close', () => {
      this.#closed = true;
    });
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.output += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{"')) this.#line(line);
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.output += chunk;
    });
  }

  /** Starts it, in `place` if one is given, and waits for its ops port. */
  static async start(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    place?: Place,
  ): Promise<DaemonProcess> {
    const [port = 0] = place === undefined ? [] : await freePorts(1);
    await place?.reach(port);
    const words = ['run', '--ops-address', `127.0.0.1:${port}`, ...args];
    const daemon = DaemonProcess.spawn(words, environment, place);
    await until('the daemon to start', () => {
      if (daemon.#child.exitCode !== null) throw new Error(`the daemon ended:\n${daemon.output}`);
      return daemon.opsAddress !== '';
    });
    return daemon;
  }

  static spawn(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    place?: Place,
  ): DaemonProcess {
    const env = { PATH: process.env['PATH'] ?? '', ...environment };
    const wrapper = place === undefined ? [] : [...endsWithTest, ...place.command];
    const [file = '', ...words] = [...wrapper, process.execPath, MAIN, ...args];
    return new DaemonProcess(spawn(file, words, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    // `close` and not `exit`: what it wrote last has been read by then.
    if (!this.#closed) await once(this.#child, 'close');
    return this.#child.exitCode;
  }

  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    return this.ended();
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const response = await fetch(`http://${this.opsAddress}${path}`);
    return { status: response.status, body: await response.text() };
  }

  async status(): Promise<StatusDocument> {
    return JSON.parse((await this.get('/status')).body) as StatusDocument;
  }

  async cluster(name: string): Promise<StatusDocument['clusters'][number] | undefined> {
    return (await this.status()).clusters.find((cluster) => cluster.name === name);
  }

  async explain(ip: string): Promise<ExplainDocument> {
    return JSON.parse((await this.get(`/explain?ip=${encodeURIComponent(ip)}`)).body) as ExplainDocument;
  }

  async untilStatus(name: string, status: string, timeoutMs = 15_000): Promise<void> {
    let last = '';
    try {
      await until(
        `${name} to be ${status}`,
        async () => {
          const cluster = await this.cluster(name);
          last = JSON.stringify(cluster);
          return cluster?.status === status;
        },
        { timeoutMs },
      );
    } catch (error) {
      throw new Error(`${String(error)}; last: ${last}\n${this.output.slice(-4_000)}`, { cause: error });
    }
  }

  #line(text: string): void {
    const line = JSON.parse(text) as LogLine;
    this.lines.push(line);
    if (line.event === 'daemon.started') this.opsAddress = String(line['opsAddress']);
  }
}
