/** What a request authenticates with. */
export interface CredentialSet {
  /** The Authorization header; undefined = none. */
  readonly authorization: string | undefined;
  /** PEM, both or neither ('' = none). Another pair needs another TLS connection. */
  readonly cert: string;
  readonly key: string;
}

export interface CredentialSource {
  /** The credentials for a request that is sent now. Rejects with a DatastoreError, or the signal's reason. */
  current(signal: AbortSignal): Promise<CredentialSet>;
  /** The server refused `used`. True where `current` may now give others. */
  refused(used: CredentialSet): boolean;
}
