import { Buffer } from 'node:buffer';
import { subdomainProblem } from '../../model/rcc-parse-names.ts';
import { FeedAccessError } from './access-error.ts';
import { type YamlMap, toYaml } from './yaml-text.ts';

/** How a client proves who it is. Paths are those of the machine that uses the kubeconfig. */
export type KubeconfigCredential =
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'token-file'; readonly path: string }
  | { readonly type: 'certificate'; readonly certFile: string; readonly keyFile: string }
  | {
      readonly type: 'exec';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    };

export interface FeedKubeconfigOptions {
  /** `https://feed.example:8443`, without the path of a view. */
  readonly server: string;
  /** CA of the server; undefined = those that the client trusts anyway. */
  readonly caPem: string | undefined;
  /** Whether there is a context for the merged view; then it is the current one. */
  readonly merged: boolean;
  /** A context for the view of each; the first is the current one where `merged` is false. */
  readonly clusters: readonly string[];
  readonly credential: KubeconfigCredential | undefined;
}

/** Of the context, cluster and user of the merged view; that of the cluster east is `fedsyncd-east`. */
const NAME = 'fedsyncd';

/** The text of a kubeconfig, in YAML, with one context for each view. @throws FeedAccessError where an option is not usable */
export function feedKubeconfig(options: FeedKubeconfigOptions): string {
  const server = serverUrl(options.server);
  const views = viewsOf(options);
  const [current] = views;
  if (current === undefined)
    throw new FeedAccessError('a kubeconfig needs a view: the merged one or a cluster');
  const trust = trustOf(server, options.caPem);
  const user = options.credential === undefined ? {} : userOf(options.credential);
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: views.map(({ name, path }) => ({ name, cluster: { server: `${server}${path}`, ...trust } })),
    users: [{ name: NAME, user }],
    contexts: views.map(({ name }) => ({ name, context: { cluster: name, user: NAME } })),
    'current-context': current.name,
  });
}

interface View {
  readonly name: string;
  readonly path: string;
}

function viewsOf({ merged, clusters }: FeedKubeconfigOptions): readonly View[] {
  for (const cluster of clusters) {
    const problem = subdomainProblem(cluster);
    if (problem !== undefined)
      throw new FeedAccessError(`cluster ${JSON.stringify(cluster)}: the name ${problem}`);
  }
  const names = [...new Set(clusters)];
  return [
    ...(merged ? [{ name: NAME, path: '' }] : []),
    ...names.map((cluster) => ({ name: `${NAME}-${cluster}`, path: `/clusters/${cluster}` })),
  ];
}

function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (!isPlain || !['http:', 'https:'].includes(url.protocol)) {
    throw new FeedAccessError(
      'the server of a kubeconfig must be an http:// or https:// URL without user, query or fragment',
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Without TLS there is nothing to verify, and client-node and its like want to be told so before they speak plain HTTP. */
function trustOf(server: string, caPem: string | undefined): YamlMap {
  if (server.startsWith('http:')) return { 'insecure-skip-tls-verify': true };
  return caPem === undefined ? {} : { 'certificate-authority-data': base64(caPem) };
}

function userOf(credential: KubeconfigCredential): YamlMap {
  switch (credential.type) {
    case 'token':
      return { token: credential.token };
    case 'token-file':
      return { tokenFile: credential.path };
    case 'certificate':
      return { 'client-certificate': credential.certFile, 'client-key': credential.keyFile };
    case 'exec':
      return { exec: execOf(credential) };
  }
}

function execOf({ command, args, env }: Extract<KubeconfigCredential, { type: 'exec' }>): YamlMap {
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    interactiveMode: 'IfAvailable',
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
