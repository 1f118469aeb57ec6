import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { EtcdAccess } from '../../model/rcc.ts';
import type { StatusReason } from '../../model/status.ts';

/** PEM texts, checked; undefined = not given. Without `ca` the roots of the platform are trusted. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface LoadedTls {
  readonly material: TlsMaterial;
  /** Absolute paths that were read. */
  readonly files: readonly string[];
}

interface Source {
  /** Name of the field, for messages. */
  readonly field: string;
  readonly pem: string | undefined;
  readonly reason: StatusReason;
}

/**
 * Reads and checks what an RCC says of TLS: either files or inline PEM, never both.
 *
 * @throws DatastoreError (`config`) that names field and path, never content.
 */
export async function loadTls(access: EtcdAccess): Promise<LoadedTls> {
  const inline = [access.caCert, access.cert, access.key].some((text) => text !== '');
  const paths = [access.caCertFile, access.certFile, access.keyFile];
  if (inline && paths.some((path) => path !== '')) {
    throw invalid('spec.etcdCert', 'inline PEM and TLS files are mixed; give either', 'InvalidConfig');
  }
  const [ca, cert, key] = await Promise.all([
    source('spec.etcdCACert', access.caCert, access.caCertFile),
    source('spec.etcdCert', access.cert, access.certFile),
    source('spec.etcdKey', access.key, access.keyFile),
  ]);
  checkCertificates(ca);
  checkPair(cert, key);
  return {
    material: { ca: ca.pem, cert: cert.pem, key: key.pem },
    files: paths.filter((path) => path !== '').map((path) => resolve(path)),
  };
}

async function source(field: string, inline: string, path: string): Promise<Source> {
  if (path === '') return { field, pem: inline === '' ? undefined : inline, reason: 'InvalidConfig' };
  const name = `${field}File ${path}`;
  try {
    return { field: name, pem: await readFile(path, 'utf8'), reason: 'FileInvalid' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new DatastoreError('config', 'FileUnreadable', `${name} cannot be read: ${code}`, { cause: error });
  }
}

function checkPair(cert: Source, key: Source): void {
  if (cert.pem === undefined && key.pem === undefined) return;
  if (key.pem === undefined) throw invalid(cert.field, 'a certificate without a key', 'InvalidConfig');
  if (cert.pem === undefined) throw invalid(key.field, 'a key without a certificate', 'InvalidConfig');
  const leaf = checkCertificates(cert);
  if (leaf !== undefined && !leaf.checkPrivateKey(parseKey(key, key.pem))) {
    throw invalid(key.field, 'does not belong to the certificate', key.reason);
  }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** @returns the first certificate. */
function checkCertificates(given: Source): X509Certificate | undefined {
  if (given.pem === undefined) return undefined;
  const blocks = given.pem.match(BLOCK) ?? [];
  try {
    const [first] = blocks.map((block) => new X509Certificate(block));
    if (first !== undefined) return first;
  } catch {
    // The parser's message may quote its input.
  }
  throw invalid(given.field, 'holds no PEM certificate, or a broken one', given.reason);
}

function parseKey(given: Source, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalid(given.field, 'is not an unencrypted PEM private key', given.reason);
  }
}

function invalid(field: string, problem: string, reason: StatusReason): DatastoreError {
  return new DatastoreError('config', reason, `${field}: ${problem}`);
}
