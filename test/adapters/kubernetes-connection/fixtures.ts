import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatastoreOptions } from '../../../src/contract/adapter.ts';
import { DatastoreError } from '../../../src/contract/datastore-error.ts';
import { type KubeHost, standardHost, standardTuning } from '../../../src/adapters/kubernetes/host.ts';
import type { KubeEndpoint } from '../../../src/adapters/kubernetes/access/endpoint.ts';
import { parseServerAddress } from '../../../src/adapters/kubernetes/access/address.ts';
import type { KubeTransport } from '../../../src/adapters/kubernetes/connection/transport.ts';
import { NO_KUBERNETES_ACCESS, type KubernetesAccess } from '../../../src/model/rcc.ts';

export const options: DatastoreOptions = {
  connectTimeoutMs: 5000,
  requestTimeoutMs: 5000,
  maxObjectBytes: 1_048_576,
  excludeNamespaces: [],
};

export const noAccess: KubernetesAccess = NO_KUBERNETES_ACCESS;

export function hostWith(tuning: Partial<KubeHost['tuning']>, more: Partial<KubeHost> = {}): KubeHost {
  return {
    ...standardHost,
    environment: { PATH: process.env['PATH'] },
    ...more,
    tuning: { ...standardTuning, ...tuning },
  };
}

export function endpoint(url: string, more: Partial<KubeEndpoint> = {}): KubeEndpoint {
  return {
    server: parseServerAddress(url),
    proxy: undefined,
    credential: { type: 'none' },
    impersonation: {},
    files: [],
    ...more,
    tls: { serverName: '', insecureSkipVerify: false, ca: '', cert: '', key: '', ...more.tls },
  };
}

/** A directory that goes with the test that made it. */
export class Workspace {
  readonly directory = mkdtempSync(join(tmpdir(), 'fedsyncd-connection-'));

  write(name: string, content: string): string {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    return path;
  }

  /** An executable shell script. */
  script(name: string, body: string): string {
    const path = this.write(name, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** GET, and the whole answer. */
export async function fetchText(
  transport: KubeTransport,
  path: string,
  signal: AbortSignal = AbortSignal.timeout(20_000),
): Promise<{ status: number; body: string }> {
  const response = await transport.get({ path, signal });
  return { status: response.status, body: await text(response.body) };
}

/** The DatastoreError that the work rejects with; anything else fails the test. */
export async function failure(work: Promise<unknown>): Promise<DatastoreError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DatastoreError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
