import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { within } from '../rig/deadline.ts';
import type { Place } from '../rig/place.ts';
import { endsWithTest } from '../rig/server-process.ts';
import type { AgentReply, AgentRequest } from './agent-messages.ts';

/**
 * A network namespace without a name: it lives as long as a process in it, and every process of the rig ends with the test,
 * even if that is killed. So there is nothing to clean up, and nothing stale to find. Constructing starts nothing.
 */
export class NetworkNamespace implements Place {
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>();
  readonly #doors: Server[] = [];
  #agent: ChildProcess | undefined;
  #lastId = 0;
  #errors = '';

  /** Makes the namespace, with its own loopback up, and nothing else in it. */
  async start(): Promise<void> {
    const words = ['--net', '--', process.execPath, join(import.meta.dirname, 'agent.ts')];
    const [file = 'unshare', ...args] = [...endsWithTest, 'unshare', ...words];
    const agent = spawn(file, args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.#agent = agent;
    // Each socket that is handed over listens to it until it is taken.
    agent.setMaxListeners(0);
    agent.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    const born = this.#expect(0);
    agent.on('message', (reply: AgentReply) => this.#settle(reply));
    agent.once('error', (error) => this.#fail(String(error)));
    agent.once('close', () => this.#fail(`the namespace ended: ${this.#errors}`));
    await within('a network namespace', born);
    await this.run('ip', 'link', 'set', 'lo', 'up');
  }

  /** The process that holds it: `ip link … netns <pid>`. */
  get pid(): number {
    const pid = this.#agent?.pid;
    if (pid === undefined) throw new Error('the namespace has not been started');
    return pid;
  }

  get command(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--'];
  }

  /**
   * Runs a short command inside.
   *
   * @returns its stdout.
   * @throws Error with its stderr if it fails.
   */
  async run(...words: readonly string[]): Promise<string> {
    const [file = '', ...args] = [...this.command, ...words];
    const { stdout } = await promisify(execFile)(file, args, { timeout: 20_000 });
    return stdout;
  }

  /** Lets the process inside do something. */
  async ask(request: AgentRequest, timeoutMs = 20_000): Promise<string> {
    const id = ++this.#lastId;
    const answer = this.#expect(id);
    this.#agent?.send({ ...request, id });
    try {
      return await within(`${request.ask} in the namespace`, answer, timeoutMs);
    } finally {
      this.#waiting.delete(id);
    }
  }

  async reach(port: number): Promise<void> {
    // The accepted socket itself goes inside: a socket keeps the namespace it was made in.
    const door = createServer({ pauseOnConnect: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      const request: AgentRequest = { ask: 'forward', port };
      if (this.#agent?.connected === true) this.#agent.send({ ...request, id: ++this.#lastId }, socket);
      else socket.resetAndDestroy();
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    door.once('error', reject).listen(port, '127.0.0.1', () => resolve());
    await promise;
    this.#doors.push(door);
  }

  /** Ends the holder. What else runs inside ends by itself or by whoever started it. */
  async dispose(): Promise<void> {
    for (const door of this.#doors.splice(0)) door.close();
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    agent.once('close', () => resolve());
    agent.kill('SIGKILL');
    await within('the end of the namespace', promise);
  }

  #expect(id: number): Promise<string> {
    const waiter = Promise.withResolvers<string>();
    this.#waiting.set(id, waiter);
    return waiter.promise;
  }

  #settle({ id, answer, failure }: AgentReply): void {
    const waiter = this.#waiting.get(id);
    if (failure === undefined) waiter?.resolve(answer ?? '');
    else waiter?.reject(new Error(failure));
  }

  #fail(reason: string): void {
    for (const waiter of this.#waiting.values()) waiter.reject(new Error(reason));
  }
}
