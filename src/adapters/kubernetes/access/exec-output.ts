import { headerProblem, certificateProblem, keyPairProblem } from './pem.ts';
import type { ExecPlugin } from './endpoint.ts';
import { execError } from './exec-process.ts';

/** The `status` of an ExecCredential. '' = not given. */
export interface ExecOutput {
  readonly token: string;
  readonly cert: string;
  readonly key: string;
  /** Milliseconds since the epoch; Infinity where it does not say. */
  readonly expiresAt: number;
}

/** @throws DatastoreError reason ExecFailed; the output is never quoted */
export function parseExecCredential(text: string, plugin: ExecPlugin): ExecOutput {
  const credential = record(parseJson(text, plugin));
  if (credential['kind'] !== 'ExecCredential') throw execError(plugin, 'printed no ExecCredential');
  if (credential['apiVersion'] !== plugin.apiVersion) {
    throw execError(plugin, `printed another apiVersion than ${plugin.apiVersion}`);
  }
  const status = record(credential['status']);
  const token = stringOf(status['token']).trim();
  const cert = stringOf(status['clientCertificateData']);
  const key = stringOf(status['clientKeyData']);
  if (token === '' && cert === '') throw execError(plugin, 'printed neither token nor client certificate');
  const tokenProblem = token === '' ? undefined : headerProblem(token);
  if (tokenProblem !== undefined) throw execError(plugin, `printed a token that ${tokenProblem}`);
  if (cert !== '' || key !== '') {
    const problem = certificateProblem(cert) ?? keyPairProblem(cert, key);
    if (problem !== undefined)
      throw execError(plugin, 'printed a client certificate and key that do not work');
  }
  return { token, cert, key, expiresAt: expiry(status['expirationTimestamp'], plugin) };
}

function expiry(value: unknown, plugin: ExecPlugin): number {
  if (value === undefined || value === null || value === '') return Infinity;
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  if (Number.isNaN(time)) throw execError(plugin, 'printed an expirationTimestamp that is no RFC 3339 time');
  return time;
}

function parseJson(text: string, plugin: ExecPlugin): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw execError(plugin, 'printed something that is not JSON');
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
