import type { FederationOptions } from '../contract/federation-options.ts';
import { canonicalCidr } from '../model/address.ts';
import type { Values } from './parse.ts';

/** What the federated services controller is told, and how the daemon that writes is elected. */
export interface FederationConfig extends FederationOptions {
  /** undefined = this daemon always writes. */
  readonly election: ElectionConfig | undefined;
}

export interface ElectionConfig {
  readonly leaseName: string;
  /** undefined = the pod's own, kube-system outside a pod. */
  readonly leaseNamespace: string | undefined;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** As client-go: retries are spread by so much. */
const JITTER = 1.2;

/** undefined where the controller is not asked for; appends what does not fit together. */
export function federationConfig(values: Values, problems: string[]): FederationConfig | undefined {
  if (!values.controllers?.includes('federated-services')) return undefined;
  const dryRun = values['dry-run'];
  return {
    output: values['service-output'] as FederationConfig['output'],
    maxEndpointsPerSlice: values['max-endpoints-per-slice'],
    dryRun,
    stalePolicy: values['stale-policy'] as FederationConfig['stalePolicy'],
    staleTtlMs: values['stale-ttl'],
    localServiceCidrs: serviceCidrs(values, problems),
    reconcilePeriodMs: values['reconcile-period'],
    maxParallelWrites: values['max-parallel-writes'],
    writeTimeoutMs: values['write-timeout'],
    // Who writes nothing needs no Lease, and may look over the shoulder of the one who does.
    election: values['leader-elect'] && !dryRun ? electionConfig(values, problems) : undefined,
  };
}

function serviceCidrs(values: Values, problems: string[]): readonly string[] | undefined {
  return values['local-service-cidr']?.map((text) => {
    try {
      return canonicalCidr(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push(`--local-service-cidr ${JSON.stringify(text.slice(0, 100))}: ${why}`);
      return text;
    }
  });
}

function electionConfig(values: Values, problems: string[]): ElectionConfig {
  const leaseDurationMs = values['lease-duration'];
  const renewDeadlineMs = values['renew-deadline'];
  const retryPeriodMs = values['retry-period'];
  if (leaseDurationMs <= renewDeadlineMs)
    problems.push('--lease-duration must be longer than --renew-deadline');
  if (leaseDurationMs % 1000 !== 0) {
    problems.push('--lease-duration must be whole seconds: a Lease can say nothing else');
  }
  if (renewDeadlineMs <= retryPeriodMs * JITTER) {
    problems.push(`--renew-deadline must be longer than ${JITTER} times --retry-period`);
  }
  return {
    leaseName: values['lease-name'],
    leaseNamespace: values['lease-namespace'],
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs,
  };
}
