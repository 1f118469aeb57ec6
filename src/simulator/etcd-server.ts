import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../runtime/clock.ts';
import { EtcdAuth } from './etcd-auth.ts';
import type { EtcdUser } from './etcd-auth.ts';
import { EtcdContext } from './etcd-context.ts';
import type { EtcdBehaviour } from './etcd-context.ts';
import { answerRange, compacted } from './etcd-range.ts';
import { pieces } from './etcd-messages.ts';
import type { Pieces } from './etcd-messages.ts';
import { EtcdWatchStream } from './etcd-watch.ts';
import { GRPC_CODE, GrpcError, answerUnary, refuseGrpc } from './grpc.ts';
import { Listener } from './listener.ts';
import type { ServerTls } from './listener.ts';
import { ProtobufFields } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import type { World } from './world.ts';

export interface EtcdServerOptions {
  /** Made with `etcd: true`. */
  readonly world: World;
  readonly clock: Clock;
  readonly tls?: ServerTls | undefined;
  /** Turns authentication on. */
  readonly user?: EtcdUser | undefined;
  readonly behaviour?: Partial<EtcdBehaviour> | undefined;
}

const DEFAULTS: EtcdBehaviour = { version: '3.6.5', progressIntervalMs: 600_000, keepEncoded: false };

type Unary = (request: Buffer) => Pieces;

/**
 * An etcd with the data of a simulated cluster, for readers: KV/Range, KV/Compact, Watch, Auth/Authenticate and
 * Maintenance/Status over gRPC. Writes come from the world, not from clients.
 */
export class EtcdServer {
  readonly listener: Listener;
  readonly behaviour: EtcdBehaviour;
  readonly #context: EtcdContext;
  readonly #auth: EtcdAuth;
  readonly #streams = new Set<EtcdWatchStream>();
  readonly #unary: Readonly<Record<string, Unary>>;

  constructor(options: EtcdServerOptions) {
    this.behaviour = { ...DEFAULTS, ...options.behaviour };
    this.#auth = new EtcdAuth(options.user);
    const handle = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void =>
      this.#handle(stream, headers);
    this.listener = new Listener({ type: 'streams', handle }, options.tls);
    this.#context = new EtcdContext(options.world, options.clock, this.behaviour, () => this.listener.frozen);
    this.#unary = {
      '/etcdserverpb.KV/Range': (request) => answerRange(this.#context, request),
      '/etcdserverpb.KV/Compact': (request) => this.#compact(request),
      '/etcdserverpb.Maintenance/Status': () => this.#status(),
      // Without alarms; etcdctl's health check asks for them.
      '/etcdserverpb.Maintenance/Alarm': () =>
        pieces([new ProtobufWriter().bytes(1, this.#context.header()).finish()]),
    };
  }

  /** Watches that are open now, over all streams. */
  get watches(): number {
    let sum = 0;
    for (const stream of this.#streams) sum += stream.watches;
    return sum;
  }

  /** Calls with the tokens issued so far fail from now on; open watches go on, as in etcd. */
  expireTokens(): void {
    this.#auth.expireTokens();
  }

  unfreeze(): void {
    this.listener.unfreeze();
    for (const stream of this.#streams) stream.pump();
  }

  #handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // A reader that goes away in the middle is everyday life here.
    stream.on('error', () => undefined);
    const path = headers[':path'] ?? '';
    const unary = this.#unary[path];
    if (path === '/etcdserverpb.Watch/Watch') {
      this.#watch(stream, headers);
    } else if (path === '/etcdserverpb.Auth/Authenticate') {
      answerUnary(stream, (request) => this.#authenticate(request));
    } else if (unary) {
      answerUnary(stream, (request) => {
        const problem = this.#auth.problem(headers);
        if (problem) throw problem;
        return unary(request);
      });
    } else {
      refuseGrpc(stream, new GrpcError(GRPC_CODE.unimplemented, `unknown method ${path}`));
    }
  }

  #watch(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const watches = new EtcdWatchStream(this.#context, stream, () => {
      const problem = this.#auth.problem(headers);
      if (problem === undefined) return undefined;
      const name = problem.code === GRPC_CODE.unauthenticated ? 'Unauthenticated' : 'InvalidArgument';
      return `rpc error: code = ${name} desc = ${problem.message}`;
    });
    this.#streams.add(watches);
    stream.once('close', () => {
      watches.close();
      this.#streams.delete(watches);
    });
    watches.open();
  }

  #authenticate(request: Buffer): Pieces {
    const fields = new ProtobufFields(request);
    const token = this.#auth.authenticate(fields.string(1), fields.string(2));
    return pieces([new ProtobufWriter().bytes(1, this.#context.header()).string(2, token).finish()]);
  }

  #compact(request: Buffer): Pieces {
    const revision = new ProtobufFields(request).number(1);
    const { store } = this.#context.world;
    if (revision > store.revision) {
      throw new GrpcError(GRPC_CODE.outOfRange, 'etcdserver: mvcc: required revision is a future revision');
    }
    if (revision <= this.#context.table.floor) throw compacted();
    store.compact(revision);
    return pieces([new ProtobufWriter().bytes(1, this.#context.header()).finish()]);
  }

  #status(): Pieces {
    const size = this.#context.table.size * 1500;
    const writer = new ProtobufWriter()
      .bytes(1, this.#context.header())
      .string(2, this.behaviour.version)
      .varint(3, size)
      .varint(6, 2);
    return pieces([writer.finish()]);
  }
}
