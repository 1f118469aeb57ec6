import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { createServer as createTls } from 'node:tls';
import type { IssuedCertificate } from '../../rig/certificates.ts';

class Listening {
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
    server.on('connection', (socket: Socket) => {
      this.connections++;
      this.track(socket);
    });
  }

  track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.sockets.delete(socket));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A TCP server that does what the test wants with each connection. */
export class TcpServer extends Listening {
  static start(onConnection: (socket: Socket) => void): Promise<TcpServer> {
    return new TcpServer(createServer(onConnection)).listen();
  }
}

/** Passes bytes on until it is told to freeze: then both sides see a connection that is open and dead. */
export class Relay extends Listening {
  static start(port: number): Promise<Relay> {
    const relay: Relay = new Relay(
      createServer((socket) => {
        const onward = connect(port, '127.0.0.1');
        relay.track(onward);
        socket.pipe(onward).pipe(socket);
        socket.once('close', () => onward.destroy());
      }),
    );
    return relay.listen();
  }

  freeze(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }
}

/** Speaks just enough HTTP/2 to send frames that Node's own server cannot be made to send. */
export class RawHttp2Server extends Listening {
  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  static start(
    certificate: IssuedCertificate,
    onRequest: (socket: Socket, stream: number) => void,
  ): Promise<RawHttp2Server> {
    const { cert, key } = certificate;
    const server = createTls({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
      socket.on('error', () => {});
      socket.write(frame(SETTINGS, 0, 0));
      let received = Buffer.alloc(0);
      let frames = PREFACE_BYTES;
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        for (; received.length >= frames + 9; frames += 9 + received.readUIntBE(frames, 3)) {
          if (received[frames + 3] === HEADERS) onRequest(socket, received.readUInt32BE(frames + 5));
        }
      });
    });
    server.on('tlsClientError', () => {});
    return new RawHttp2Server(server).listen();
  }
}

const PREFACE_BYTES = 24;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;

/** `:status 200`, more to come unless `end`. */
export function responseHead(stream: number, end = false): Buffer {
  return frame(HEADERS, end ? 5 : 4, stream, Buffer.from([0x88]));
}

export function resetStream(stream: number, code: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(code);
  return frame(RST_STREAM, 0, stream, payload);
}

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
