import { request } from 'node:https';

/** An HTTP answer: JSON decoded, else the text. */
export interface ApiAnswer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly body: any;
}

/** JSON requests to one API server, each on a connection of its own so that nothing lingers over a restart. */
export class HttpsCaller {
  readonly #url: string;
  readonly #ca: string;
  readonly #token: string;

  constructor(url: string, ca: string, token: string) {
    this.#url = url;
    this.#ca = ca;
    this.#token = token;
  }

  async call(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const sent = request(`${this.#url}${path}`, {
      method,
      ca: this.#ca,
      agent: false,
      signal: AbortSignal.timeout(30_000),
      headers: {
        authorization: `Bearer ${this.#token}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': type }),
      },
    });
    sent.once('error', reject).once('response', (answer) => {
      let text = '';
      answer
        .setEncoding('utf8')
        .on('data', (part: string) => (text += part))
        .once('error', reject)
        .once('end', () => resolve({ status: answer.statusCode ?? 0, body: decoded(text) }));
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
