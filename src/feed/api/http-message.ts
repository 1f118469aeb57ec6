import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { FeedCredentials } from '../access/authenticator.ts';
import { presentedCertificate } from '../access/client-certificate.ts';

export type HttpRequest = IncomingMessage | Http2ServerRequest;

/** What the responses of HTTP/1.1 and HTTP/2 have in common, as far as it is used. */
export interface HttpResponse {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly headersSent: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown;
  /** HTTP/1.1 only: HTTP/2 sends the head at once. */
  flushHeaders?(): void;
  /** HTTP/2 only. */
  readonly stream?: { close(code: number): void };
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array): unknown;
  destroy(): unknown;
  on(event: 'drain' | 'close', run: () => void): unknown;
  on(event: 'error', run: (error: Error) => void): unknown;
  off(event: 'drain' | 'close', run: () => void): unknown;
}

/** What a request says, without its body. */
export interface ApiRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  readonly accept: string;
  readonly acceptsGzip: boolean;
  /** `If-None-Match`; '' = not given. */
  readonly ifNoneMatch: string;
  /** A person reads it: curl, wget, a browser. The API server answers them with indented JSON. */
  readonly isPerson: boolean;
  readonly hasBody: boolean;
  /** HTTP/1.1 demands a `Host`. */
  readonly lacksHost: boolean;
  /** HTTP/2 only: the parser of HTTP/1.1 has a limit of its own. */
  readonly headerBytes: number;
  readonly isHttp2: boolean;
  readonly credentials: FeedCredentials;
}

export function apiRequest(request: HttpRequest): ApiRequest {
  const { headers } = request;
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    accept: headers.accept ?? '',
    acceptsGzip: acceptsGzip(textOf(headers['accept-encoding'])),
    ifNoneMatch: textOf(headers['if-none-match']),
    isPerson: /^(?:curl|wget|mozilla)\//i.test(headers['user-agent'] ?? ''),
    hasBody: headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0,
    lacksHost: request.httpVersion === '1.1' && headers.host === undefined,
    headerBytes: request.httpVersionMajor === 2 ? lengthOf(request.rawHeaders) : 0,
    isHttp2: request.httpVersionMajor === 2,
    credentials: {
      authorization: headers.authorization,
      certificate: presentedCertificate(request.socket),
      remoteAddress: request.socket.remoteAddress ?? '',
      host: textOf(headers[':authority']) || headers.host,
    },
  };
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

function acceptsGzip(header: string): boolean {
  return header.split(',').some((coding) => {
    const [name = '', ...parameters] = coding.split(';').map((part) => part.trim().toLowerCase());
    return name === 'gzip' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : (header?.join(', ') ?? '');
}
