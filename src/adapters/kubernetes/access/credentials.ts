import { Buffer } from 'node:buffer';
import type { CredentialSet, CredentialSource } from './credential-source.ts';
import type { KubeEndpoint } from './endpoint.ts';
import { ExecCredentials } from './exec-credentials.ts';
import type { KubeHost } from '../host.ts';
import { TokenFileCredentials } from './token-file.ts';

/** @param lifetime ends a plugin that is running. */
export function credentialsOf(
  endpoint: KubeEndpoint,
  host: KubeHost,
  lifetime: AbortSignal,
): CredentialSource {
  const { credential } = endpoint;
  const { cert, key } = endpoint.tls;
  switch (credential.type) {
    case 'none':
      return fixed({ authorization: undefined, cert, key });
    case 'token':
      return fixed({ authorization: `Bearer ${credential.token}`, cert, key });
    case 'basic': {
      const pair = Buffer.from(`${credential.username}:${credential.password}`).toString('base64');
      return fixed({ authorization: `Basic ${pair}`, cert, key });
    }
    case 'tokenFile':
      return new TokenFileCredentials(credential.path, { cert, key }, host);
    case 'exec':
      return new ExecCredentials(credential.plugin, { cert, key }, host, lifetime);
  }
}

function fixed(set: CredentialSet): CredentialSource {
  return { current: () => Promise.resolve(set), refused: () => false };
}
