import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A TCP relay on loopback whose connections can be cut or stalled. `target` undefined: accepts and never answers. */
export class TcpProxy {
  /** Connections accepted so far. */
  accepted = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #budget = Infinity;
  #stalled = false;

  private constructor(target: number | undefined) {
    this.#server = createServer((client) => this.#accept(client, target));
  }

  static async start(test: TestContext, target: number | undefined): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    const { promise, resolve } = Promise.withResolvers<void>();
    proxy.#server.listen(0, '127.0.0.1', () => resolve());
    await promise;
    test.after(() => {
      proxy.cut();
      proxy.#server.close();
    });
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sockets towards clients that are open now. */
  get connections(): number {
    return [...this.#open].filter((socket) => !socket.destroyed).length;
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
    this.#budget = Infinity;
  }

  /** Cuts all connections when this many more bytes came from the server. */
  cutAfter(bytes: number): void {
    this.#budget = bytes;
  }

  /** Nothing passes any more, in both directions; connections stay open. */
  stall(): void {
    this.#stalled = true;
  }

  #accept(client: Socket, target: number | undefined): void {
    this.accepted++;
    this.#open.add(client);
    client.on('error', () => client.destroy()).on('close', () => this.#open.delete(client));
    if (target === undefined) {
      client.resume();
      return;
    }
    const server = connect({ port: target, host: '127.0.0.1' });
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => server.destroy());
    client.on('data', (chunk) => {
      if (!this.#stalled) server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => {
      if (this.#stalled) return;
      const passed = chunk.subarray(0, Math.max(0, this.#budget));
      this.#budget -= passed.length;
      client.write(passed, () => {
        if (this.#budget <= 0) this.cut();
      });
    });
  }
}
