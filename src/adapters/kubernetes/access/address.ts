import { isIP } from 'node:net';
import type { ProxyAddress, ServerAddress } from './endpoint.ts';

/** What is wrong with an address, to be put behind the name of its field. Never quotes the address: it may hold a password. */
export class AddressProblem extends Error {
  override readonly name = 'AddressProblem';
}

/**
 * Splits `https://host:port/path`. Without a scheme it is https: client-go guesses http where no TLS field is set,
 * and would then send a token in clear.
 * @throws AddressProblem
 */
export function parseServerAddress(value: string): ServerAddress {
  const url = parseUrl(value, 'https');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new AddressProblem('must start with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') {
    throw new AddressProblem('must not hold a user or password');
  }
  if (url.search !== '' || url.hash !== '') throw new AddressProblem('must not have a query or fragment');
  const secure = url.protocol === 'https:';
  const basePath = url.pathname.replace(/\/+$/, '');
  return {
    text: `${url.protocol}//${url.host}${basePath}`,
    secure,
    host: bareHost(url.hostname),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    basePath,
  };
}

const PROXY_PORTS = { http: 80, https: 443, socks5: 1080 } as const;

/** @throws AddressProblem */
export function parseProxyAddress(value: string): ProxyAddress {
  const url = parseUrl(value, 'http');
  const scheme = url.protocol.slice(0, -1).replace('socks5h', 'socks5');
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'socks5') {
    throw new AddressProblem('must start with http://, https:// or socks5://');
  }
  return {
    text: `${url.protocol}//${url.host}`,
    protocol: scheme,
    host: bareHost(url.hostname),
    port: url.port === '' ? PROXY_PORTS[scheme] : Number(url.port),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

/** `10.0.0.1:443`, `[::1]:443`. */
export function hostAndPort(address: { readonly host: string; readonly port: number }): string {
  return `${isIP(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`;
}

function parseUrl(value: string, defaultScheme: string): URL {
  const text = value.trim();
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${defaultScheme}://${text}`);
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new AddressProblem('is not a valid address');
  }
  if (url.hostname === '' || url.port === '0') throw new AddressProblem('is not a valid address');
  return url;
}

function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}
