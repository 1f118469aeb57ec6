import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** The sentence that follows the field's name, or undefined where `pem` holds certificates only that parse. */
export function certificateProblem(pem: string): string | undefined {
  // OpenSSL skips what it cannot read in a CA bundle without a word, and then trusts nobody.
  const blocks = pem.match(CERTIFICATE);
  if (blocks === null) return 'holds no PEM certificate';
  for (const [i, block] of blocks.entries()) {
    try {
      void new X509Certificate(block);
    } catch {
      return `: certificate ${i + 1} of ${blocks.length} cannot be read`;
    }
  }
  return undefined;
}

/** The sentence that follows the field's name, or undefined where both parse and belong together. */
export function keyPairProblem(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'does not belong to the client certificate';
    if (/ENCRYPTED|PROC-TYPE/i.test(key.slice(0, 200))) return 'is encrypted, which is not supported';
    return 'holds no PEM private key that can be read';
  }
}

/** Text of a base64 field of a kubeconfig; undefined where it is not base64. */
export function fromBase64(value: string): string | undefined {
  const compact = value.replaceAll(/\s/g, '');
  const valid = /^[A-Za-z0-9+/]*={0,2}$/.test(compact) && compact.length % 4 === 0;
  return valid ? Buffer.from(compact, 'base64').toString('utf8') : undefined;
}

/** Token and header values: what HTTP can carry. The sentence that follows the field's name. */
export function headerProblem(value: string): string | undefined {
  return /^[\x20-\x7e]+$/.test(value) ? undefined : 'holds characters that an HTTP header cannot carry';
}
