import { DatastoreError } from '../../../contract/datastore-error.ts';
import { abortable } from '../../../runtime/abortable.ts';
import type { CredentialSet, CredentialSource } from './credential-source.ts';
import type { ExecPlugin } from './endpoint.ts';
import { type ExecOutput, parseExecCredential } from './exec-output.ts';
import { execError, runPlugin } from './exec-process.ts';
import type { KubeHost } from '../host.ts';

/** Renewed when this much of the life is left, or a fifth of it where it is short. */
const RENEW_BEFORE_MS = 60_000;
/** Many requests fail together: they share one failure instead of starting the plugin each. */
const FAILURE_HOLDS_MS = 2000;

/** Credentials from an exec plugin: one run at a time, kept until shortly before they expire or are refused. */
export class ExecCredentials implements CredentialSource {
  readonly #plugin: ExecPlugin;
  readonly #pair: { readonly cert: string; readonly key: string };
  readonly #host: KubeHost;
  readonly #lifetime: AbortSignal;
  #held: { readonly set: CredentialSet; readonly renewAt: number; readonly expiresAt: number } | undefined;
  #failed: { readonly error: unknown; readonly until: number } | undefined;
  #running: Promise<CredentialSet> | undefined;

  constructor(
    plugin: ExecPlugin,
    pair: { readonly cert: string; readonly key: string },
    host: KubeHost,
    lifetime: AbortSignal,
  ) {
    this.#plugin = plugin;
    this.#pair = pair;
    this.#host = host;
    this.#lifetime = lifetime;
  }

  async current(signal: AbortSignal): Promise<CredentialSet> {
    const now = this.#host.clock.now();
    const held = this.#held;
    if (held !== undefined && now < held.renewAt) return held.set;
    const usable = held !== undefined && now < held.expiresAt ? held.set : undefined;
    const failed = this.#failed;
    if (failed !== undefined && this.#host.clock.monotonic() < failed.until) {
      if (usable !== undefined) return usable;
      throw failed.error;
    }
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    try {
      return await abortable(this.#running, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (usable !== undefined) return usable;
      throw error;
    }
  }

  refused(used: CredentialSet): boolean {
    if (this.#held?.set === used) this.#held = undefined;
    return true;
  }

  async #run(): Promise<CredentialSet> {
    try {
      const text = await runPlugin(this.#plugin, this.#host, this.#lifetime);
      const output = parseExecCredential(text, this.#plugin);
      const set = this.#setOf(output);
      const now = this.#host.clock.now();
      const life = Math.max(0, output.expiresAt - now);
      const renewAt = output.expiresAt - Math.min(RENEW_BEFORE_MS, life / 5);
      this.#held = { set, renewAt, expiresAt: output.expiresAt };
      this.#failed = undefined;
      return set;
    } catch (cause) {
      // Node's own message on a bad argument quotes it.
      const error = cause instanceof DatastoreError ? cause : execError(this.#plugin, 'could not be started');
      this.#failed = { error, until: this.#host.clock.monotonic() + FAILURE_HOLDS_MS };
      throw error;
    }
  }

  #setOf(output: ExecOutput): CredentialSet {
    const authorization = output.token === '' ? undefined : `Bearer ${output.token}`;
    return output.cert === ''
      ? { authorization, ...this.#pair }
      : { authorization, cert: output.cert, key: output.key };
  }
}
