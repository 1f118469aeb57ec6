import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';

/** How a Kubernetes API is reached over TLS. */
export interface ApiAccess {
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** Reads one API as JSON, over one connection at a time that it keeps. */
export class ApiReader implements Disposable {
  readonly #access: ApiAccess;
  readonly #agent: Agent;

  constructor(access: ApiAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ca: access.ca });
  }

  /** An answer with status 200, its body not read yet; rejects for any other. `gzip` asks for a compressed one. */
  async open(path: string, gzip = false): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request(`${this.#access.url}${path}`, {
      agent: this.#agent,
      headers: {
        authorization: `Bearer ${this.#access.token}`,
        accept: 'application/json',
        'accept-encoding': gzip ? 'gzip' : 'identity',
      },
    })
      .once('error', reject)
      .once('response', resolve)
      .end();
    const answer = await promise;
    if (answer.statusCode === 200) return answer;
    throw new Error(`${path}: ${answer.statusCode} ${(await bodyOf(answer)).toString('utf8').slice(0, 500)}`);
  }

  async json(path: string): Promise<unknown> {
    return JSON.parse((await bodyOf(await this.open(path))).toString('utf8'));
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

export async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
