/** Who may read the feed and how they prove who they are: what the options say. */
export interface FeedCredentialOptions {
  /** `--feed-tls-cert-file`, `--feed-tls-key-file`; both or none. */
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  /** `--feed-client-ca-file`. */
  readonly clientCaFile: string | undefined;
  /** `--feed-token-file`. */
  readonly tokenFile: string | undefined;
  /** `--feed-token-review`. */
  readonly tokenReview: boolean;
  /** `--feed-token-audience`; none = the audience of the API server. */
  readonly tokenAudiences: readonly string[];
  /** `--feed-authorization`. */
  readonly authorization: FeedAuthorizationMode;
  /** `--feed-anonymous`. */
  readonly anonymous: boolean;
}

/** `all`: everybody who was let in may read everything. `local-rbac`: by SubjectAccessReview of the local cluster. */
export type FeedAuthorizationMode = 'all' | 'local-rbac';
