import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** A server of the Kubernetes API, and where in it the objects are. */
export interface ApiSide {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string;
}

export interface ApiQuestion {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends it on a connection of its own; resolves with the head. */
export async function open(side: ApiSide, question: ApiQuestion): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = side.url.startsWith('https:') ? httpsRequest : httpRequest;
  const { method = 'GET', path, body } = question;
  const sent = send(`${side.url}${path}`, {
    method,
    agent: false,
    signal: AbortSignal.timeout(20_000),
    ...(side.ca !== undefined && { ca: side.ca }),
    headers: { ...side.headers, ...question.headers },
  });
  sent.once('error', reject).once('response', resolve);
  sent.end(body);
  return promise;
}

export async function ask(side: ApiSide, question: ApiQuestion): Promise<ApiAnswer> {
  const message = await open(side, question);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const { statusCode = 0, headers } = message;
  return { status: statusCode, headers, text: Buffer.concat(chunks).toString() };
}
