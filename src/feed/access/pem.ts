import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** The certificates of a PEM text, or what is wrong with it: the words that follow the file's name. */
export function readCertificates(pem: string): readonly [X509Certificate, ...X509Certificate[]] | string {
  // OpenSSL skips what it cannot read in a bundle without a word, and then trusts less than was meant.
  const blocks = pem.match(CERTIFICATE) ?? [];
  const certificates: X509Certificate[] = [];
  for (const [i, block] of blocks.entries()) {
    try {
      certificates.push(new X509Certificate(block));
    } catch {
      return `: certificate ${i + 1} of ${blocks.length} cannot be read`;
    }
  }
  const [first, ...rest] = certificates;
  return first === undefined ? 'holds no PEM certificate' : [first, ...rest];
}

/** What is wrong with the key, as the words that follow its file's name; undefined where it belongs to the certificate. */
export function keyProblem(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    // The texts of OpenSSL differ between versions; its codes are stable, and neither shows the key.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' || code === 'ERR_OSSL_X509_KEY_TYPE_MISMATCH') {
      return 'does not belong to the certificate';
    }
    if (/ENCRYPTED|PROC-TYPE/i.test(key.slice(0, 200))) return 'is encrypted, which is not supported';
    return 'holds no PEM private key that can be used with the certificate';
  }
}
