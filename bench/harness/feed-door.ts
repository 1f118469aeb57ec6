import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateAuthority } from '../../test/rig/certificates.ts';
import { freePorts } from '../../test/rig/server-process.ts';
import type { ApiAccess } from './api-reader.ts';

const TOKEN = 'token-of-the-reader';

/** The feed of a daemon as one would open it to others: TLS and a token. */
export interface FeedDoor {
  /** For the daemon. */
  readonly flags: readonly string[];
  readonly access: ApiAccess;
}

/** Writes certificate and token into the directory. */
export async function feedDoor(directory: string): Promise<FeedDoor> {
  const ca = new CertificateAuthority(join(directory, 'ca'));
  const { certFile, keyFile } = ca.issue();
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(tokenFile, `${TOKEN},reader,1,""\n`, { mode: 0o600 });
  const [port = 0] = await freePorts(1);
  return {
    flags: [
      `--feed-address=127.0.0.1:${port}`,
      `--feed-tls-cert-file=${certFile}`,
      `--feed-tls-key-file=${keyFile}`,
      `--feed-token-file=${tokenFile}`,
    ],
    access: { url: `https://127.0.0.1:${port}`, ca: ca.cert, token: TOKEN },
  };
}
