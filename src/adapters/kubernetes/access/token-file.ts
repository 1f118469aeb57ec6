import { DatastoreError } from '../../../contract/datastore-error.ts';
import { abortable } from '../../../runtime/abortable.ts';
import type { CredentialSet, CredentialSource } from './credential-source.ts';
import type { KubeHost } from '../host.ts';
import { headerProblem } from './pem.ts';
import { readTextFile } from './read-file.ts';

/** A bearer token in a file that somebody rotates (the kubelet: well before its hour is over). */
export class TokenFileCredentials implements CredentialSource {
  readonly #path: string;
  readonly #pair: { readonly cert: string; readonly key: string };
  readonly #host: KubeHost;
  #set: CredentialSet | undefined;
  #readAt = 0;
  #reading: Promise<CredentialSet> | undefined;

  constructor(path: string, pair: { readonly cert: string; readonly key: string }, host: KubeHost) {
    this.#path = path;
    this.#pair = pair;
    this.#host = host;
  }

  async current(signal: AbortSignal): Promise<CredentialSet> {
    const { clock, tuning } = this.#host;
    if (this.#set !== undefined && clock.monotonic() - this.#readAt < tuning.tokenFileMs) return this.#set;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return abortable(this.#reading, signal);
  }

  refused(used: CredentialSet): boolean {
    if (this.#set?.authorization === used.authorization) this.#readAt = -Infinity;
    return true;
  }

  async #read(): Promise<CredentialSet> {
    try {
      const token = (await readTextFile(this.#path, 'tokenFile')).trim();
      const problem = token === '' ? 'is empty' : headerProblem(token);
      if (problem !== undefined) {
        throw new DatastoreError('retry', 'FileInvalid', `tokenFile: ${this.#path} ${problem}`);
      }
      this.#set = { authorization: `Bearer ${token}`, ...this.#pair };
    } catch (error) {
      // While it is being replaced, the last token is better than none; the server has the last word on it.
      if (this.#set === undefined) throw retryable(error);
    }
    this.#readAt = this.#host.clock.monotonic();
    return this.#set;
  }
}

/** Nobody announces a new token file: only trying again finds it, so this is no error of reaction `config`. */
function retryable(error: unknown): unknown {
  if (!(error instanceof DatastoreError)) return error;
  return new DatastoreError('retry', error.reason, error.message, { cause: error });
}
