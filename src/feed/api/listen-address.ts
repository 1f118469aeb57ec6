/** Where the feed is served. */
export interface FeedAddress {
  /** Without brackets. */
  readonly host: string;
  /** 0 = the system chooses. */
  readonly port: number;
}

/** Cannot listen at the address; the message says where and why. */
export class FeedListenError extends Error {
  override readonly name = 'FeedListenError';
}

const PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use',
  EACCES: 'no permission for this port',
  EADDRNOTAVAIL: 'no interface has this address',
  ENOTFOUND: 'the host name does not resolve',
};

export function listenProblem(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return PROBLEMS[code] ?? code;
}

/** `10.0.0.1:8443`, `[::1]:8443` */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
