import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import type { Link } from '../conformance/rig.ts';

/** A TCP relay on loopback in front of a real server, whose connections can be cut or stalled. */
export class Relay implements Link {
  readonly #target: number;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #stalled = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(target: number): Promise<Relay> {
    const relay = new Relay(target);
    const { promise, resolve } = Promise.withResolvers<void>();
    relay.#server.listen(0, '127.0.0.1', () => resolve());
    await promise;
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#clients.size;
  }

  cut(): void {
    for (const client of this.#clients) client.resetAndDestroy();
  }

  stall(): void {
    this.#stalled = true;
  }

  /** What was held back is lost: connections from before are cut. */
  resume(): void {
    this.#stalled = false;
    this.cut();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #accept(client: Socket): void {
    this.#clients.add(client);
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    client.setNoDelay(true);
    client.on('error', () => client.destroy()).on('close', () => this.#clients.delete(client));
    client.on('close', () => server.destroy());
    server.on('error', () => client.resetAndDestroy()).on('close', () => client.destroy());
    client.on('data', (chunk) => this.#stalled || server.write(chunk));
    server.on('data', (chunk) => this.#stalled || client.write(chunk));
  }
}
