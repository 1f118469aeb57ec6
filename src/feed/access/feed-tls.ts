import type { SecureContextOptions, Server, TLSSocket } from 'node:tls';
import { FeedAccessError } from './access-error.ts';
import { type FileSet, type FollowDeps, type Followed, FollowedFiles } from './followed-files.ts';
import { presentedCertificate } from './client-certificate.ts';
import { keyProblem, readCertificates } from './pem.ts';

export interface FeedTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Client certificates signed by one of these prove who the client is; undefined = none are asked for. */
  readonly clientCaFile: string | undefined;
}

/** For `http2.createSecureServer` (add `allowHTTP1: true`), and without `h2` for `https.createServer`. */
export interface FeedServerOptions extends SecureContextOptions {
  readonly ALPNProtocols: string[];
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  readonly handshakeTimeout: number;
}

interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
  /** End of the serving certificate's validity, in milliseconds since the epoch. */
  readonly notAfter: number;
}

const HANDSHAKE_MS = 10_000;

/**
 * The serving certificate of the feed and the CA of its clients. Files that changed hold for new connections, without a
 * restart; a pair that is not usable keeps the old one and is reported. A client certificate is asked for, never required: who
 * has none gets a 401 that says why, which a broken handshake cannot.
 */
export class FeedTls {
  readonly #files: FollowedFiles<TlsMaterial>;

  private constructor(files: FollowedFiles<TlsMaterial>) {
    this.#files = files;
  }

  /** Reads the files. @throws FeedAccessError where they are not usable */
  static async open(files: FeedTlsFiles, deps: FollowDeps): Promise<FeedTls> {
    return new FeedTls(await FollowedFiles.open(materialOf(files), deps));
  }

  /** To be run. */
  get files(): Followed {
    return this.#files;
  }

  /** End of the serving certificate's validity, in milliseconds since the epoch. */
  get notAfter(): number {
    return this.#files.value.notAfter;
  }

  /** What a server is created with. The server then also needs `follow`. */
  serverOptions(protocols: readonly ('h2' | 'http/1.1')[] = ['h2', 'http/1.1']): FeedServerOptions {
    const material = this.#files.value;
    return {
      ...contextOf(material),
      ALPNProtocols: [...protocols],
      // Without a CA of our own Node would accept every client that a public CA certifies.
      requestCert: material.clientCa !== undefined,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
    };
  }

  /**
   * Keeps the server's certificate and client CA up to date. Open connections go on, but those that were proven by a client
   * CA which changed are cut: their clients prove themselves again. Returns the way to stop.
   */
  follow(server: Server): () => void {
    const proven = new Set<TLSSocket>();
    let { clientCa } = this.#files.value;
    const onConnection = (socket: TLSSocket): void => {
      if (presentedCertificate(socket) === undefined) return;
      proven.add(socket);
      socket.once('close', () => proven.delete(socket));
    };
    const apply = (material: TlsMaterial): void => {
      server.setSecureContext(contextOf(material));
      if (material.clientCa === clientCa) return;
      ({ clientCa } = material);
      for (const socket of proven) socket.destroy();
    };
    server.on('secureConnection', onConnection);
    const stop = this.#files.onChange(apply);
    apply(this.#files.value);
    return () => {
      stop();
      server.off('secureConnection', onConnection);
    };
  }
}

function contextOf({ cert, key, clientCa }: TlsMaterial): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(clientCa !== undefined && { ca: clientCa }) };
}

function materialOf({ certFile, keyFile, clientCaFile }: FeedTlsFiles): FileSet<TlsMaterial> {
  const files = [
    { option: '--feed-tls-cert-file', path: certFile },
    { option: '--feed-tls-key-file', path: keyFile },
    ...(clientCaFile === undefined ? [] : [{ option: '--feed-client-ca-file', path: clientCaFile }]),
  ];
  const unusable = (index: number, problem: string): FeedAccessError => {
    const { option = '', path = '' } = files[index] ?? {};
    return new FeedAccessError(`${option}: ${path}${problem.startsWith(':') ? '' : ' '}${problem}`);
  };
  return {
    files,
    parse: ([cert = '', key = '', clientCa]) => {
      const certificates = readCertificates(cert);
      if (typeof certificates === 'string') throw unusable(0, certificates);
      const problem = keyProblem(cert, key);
      if (problem !== undefined) throw unusable(1, problem);
      const authorities = clientCa === undefined ? [] : readCertificates(clientCa);
      if (typeof authorities === 'string') throw unusable(2, authorities);
      return { cert, key, clientCa, notAfter: certificates[0].validToDate.getTime() };
    },
    describe: ({ notAfter }) => `the certificate is valid until ${new Date(notAfter).toISOString()}`,
  };
}
