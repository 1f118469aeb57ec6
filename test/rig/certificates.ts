import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate with its key, as text and as files. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface IssueOptions {
  readonly commonName?: string;
  readonly organization?: string;
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  /** Negative: expired since. Default 30. */
  readonly days?: number;
}

/** A private CA made with the `openssl` command: what tests of TLS need, quickly (P-256 keys). */
export class CertificateAuthority {
  readonly directory: string;
  readonly cert: string;
  readonly certFile: string;
  readonly #keyFile: string;
  #issued = 0;

  /** Creates the CA in `directory`, which is made if missing. */
  constructor(directory: string, commonName = 'test-ca') {
    mkdirSync(directory, { recursive: true });
    this.directory = directory;
    this.certFile = join(directory, 'ca.crt');
    this.#keyFile = join(directory, 'ca.key');
    openssl(
      ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '30'],
      ['-subj', `/CN=${commonName}`, '-keyout', this.#keyFile, '-out', this.certFile],
      ['-addext', 'basicConstraints=critical,CA:TRUE'],
      ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    );
    this.cert = readFileSync(this.certFile, 'utf8');
  }

  /** A certificate good for servers and clients; for the loopback addresses and `localhost` unless told otherwise. */
  issue(options: IssueOptions = {}): IssuedCertificate {
    const { commonName = 'test', organization, dns = ['localhost'], ips = ['127.0.0.1', '::1'] } = options;
    const base = join(this.directory, `issued-${++this.#issued}`);
    const certFile = `${base}.crt`;
    const keyFile = `${base}.key`;
    const names = [...dns.map((name) => `DNS:${name}`), ...ips.map((ip) => `IP:${ip}`)];
    writeFileSync(
      `${base}.ext`,
      `extendedKeyUsage=serverAuth,clientAuth\n${names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`}`,
    );
    const subject = `${organization === undefined ? '' : `/O=${organization}`}/CN=${commonName}`;
    openssl(
      ['req', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', subject],
      ['-keyout', keyFile, '-out', `${base}.csr`],
    );
    openssl(
      ['x509', '-req', '-in', `${base}.csr`, '-CA', this.certFile, '-CAkey', this.#keyFile],
      ['-CAcreateserial', '-days', String(options.days ?? 30), '-extfile', `${base}.ext`, '-out', certFile],
    );
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
  }
}

function openssl(...args: readonly (readonly string[])[]): void {
  execFileSync('openssl', args.flat(), { stdio: ['ignore', 'ignore', 'pipe'] });
}
