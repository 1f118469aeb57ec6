/** How the federated services controller is to work. Times in milliseconds. */
export interface FederationOptions {
  readonly output: 'endpointslices' | 'endpoints';
  readonly maxEndpointsPerSlice: number;
  readonly dryRun: boolean;
  readonly stalePolicy: 'keep' | 'not-ready' | 'withdraw';
  readonly staleTtlMs: number;
  /** undefined = asked of the local cluster. */
  readonly localServiceCidrs: readonly string[] | undefined;
  readonly reconcilePeriodMs: number;
  readonly maxParallelWrites: number;
  readonly writeTimeoutMs: number;
}
