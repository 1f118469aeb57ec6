/** An API server's address, split once. */
export interface ServerAddress {
  /** `https://10.0.0.1:6443/k8s/clusters/c-x`, for messages; never holds a credential. */
  readonly text: string;
  readonly secure: boolean;
  /** Without brackets for IPv6. */
  readonly host: string;
  readonly port: number;
  /** In front of every request path: '' or `/k8s/clusters/c-x`, no slash at the end. */
  readonly basePath: string;
}

export interface ProxyAddress {
  /** Without user and password. */
  readonly text: string;
  readonly protocol: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

export interface TlsSettings {
  /** The name to verify and to send as SNI instead of the server's host; '' = the host. */
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  /** PEM; '' = the well-known authorities. */
  readonly ca: string;
  /** PEM, both or neither ('' = none). */
  readonly cert: string;
  readonly key: string;
}

/** An exec credential plugin (client.authentication.k8s.io). */
export interface ExecPlugin {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  /** A bare name is looked up in PATH; anything else is absolute. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string;
  /** The `spec.cluster` for KUBERNETES_EXEC_INFO; undefined = provideClusterInfo is off. */
  readonly clusterInfo: Readonly<Record<string, unknown>> | undefined;
}

/** Who we are to the server, next to a client certificate. */
export type Credential =
  | { readonly type: 'none' }
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'tokenFile'; readonly path: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'exec'; readonly plugin: ExecPlugin };

/** All that a connection to one API server is made from: the files are read, the values valid. */
export interface KubeEndpoint {
  readonly server: ServerAddress;
  readonly tls: TlsSettings;
  readonly proxy: ProxyAddress | undefined;
  readonly credential: Credential;
  /** Impersonate-… headers, lower-case. */
  readonly impersonation: Readonly<Record<string, string | readonly string[]>>;
  /** Every file whose change calls for a new connection; absolute. A token file is not among them. */
  readonly files: readonly string[];
}
