import type { FeedCredentialOptions } from '../../contract/feed-credential-options.ts';
import { isLoopbackHost } from './loopback.ts';

/** The options, and the host to listen at, without brackets: `--feed-address`. */
export interface FeedAccessOptions extends FeedCredentialOptions {
  readonly host: string;
}

/** Who is let in without credentials: nobody, who comes from this machine, or everybody. */
export type AnonymousAccess = 'never' | 'loopback' | 'always';

/** By any of the options somebody can prove who they are. */
export function hasAuthentication(options: FeedAccessOptions): boolean {
  return options.clientCaFile !== undefined || acceptsTokens(options);
}

export function acceptsTokens({ tokenFile, tokenReview }: FeedAccessOptions): boolean {
  return tokenFile !== undefined || tokenReview;
}

export function anonymousAccess(options: FeedAccessOptions): AnonymousAccess {
  if (options.anonymous) return 'always';
  return isLoopbackHost(options.host) && !hasAuthentication(options) ? 'loopback' : 'never';
}

/** Whether the API of the local cluster must be there. */
export function needsLocalApi({ tokenReview, authorization }: FeedAccessOptions): boolean {
  return tokenReview || authorization === 'local-rbac';
}

/** What is wrong with the options together, a sentence each; each names its option. Reads no file. */
export function feedAccessProblems(options: FeedAccessOptions): readonly string[] {
  return [...tlsProblems(options), ...authenticationProblems(options)];
}

function tlsProblems(options: FeedAccessOptions): readonly string[] {
  const { host, tlsCertFile, tlsKeyFile, clientCaFile } = options;
  const problems: string[] = [];
  if (tlsCertFile !== undefined && tlsKeyFile === undefined) {
    problems.push('--feed-tls-cert-file needs --feed-tls-key-file');
  }
  if (tlsCertFile === undefined && tlsKeyFile !== undefined) {
    problems.push('--feed-tls-key-file needs --feed-tls-cert-file');
  }
  if (tlsCertFile !== undefined || tlsKeyFile !== undefined) return problems;
  if (clientCaFile !== undefined) {
    problems.push('--feed-client-ca-file needs --feed-tls-cert-file and --feed-tls-key-file');
  }
  if (acceptsTokens(options) && !isLoopbackHost(host)) {
    const option = options.tokenFile === undefined ? '--feed-token-review' : '--feed-token-file';
    problems.push(
      `${option} needs --feed-tls-cert-file and --feed-tls-key-file where --feed-address (${host}) is not on the loopback: tokens would cross the network readable by all`,
    );
  }
  return problems;
}

function authenticationProblems(options: FeedAccessOptions): readonly string[] {
  const { host, tokenReview, tokenAudiences, authorization, anonymous } = options;
  const problems: string[] = [];
  if (tokenAudiences.length > 0 && !tokenReview) {
    problems.push('--feed-token-audience is of no use without --feed-token-review');
  }
  if (hasAuthentication(options) || anonymous) return problems;
  if (!isLoopbackHost(host)) {
    problems.push(
      `--feed-address (${host}) is not on the loopback: give --feed-client-ca-file, --feed-token-file or --feed-token-review, or let everybody read by --feed-anonymous`,
    );
  } else if (authorization === 'local-rbac') {
    problems.push(
      '--feed-authorization local-rbac needs --feed-client-ca-file, --feed-token-file or --feed-token-review: without them nobody has a name',
    );
  }
  return problems;
}
