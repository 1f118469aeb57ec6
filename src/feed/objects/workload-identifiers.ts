import type { WorkloadEndpoint } from '../../model/workload-endpoint.ts';

export interface WorkloadIdentifiers {
  /** '' = not given, in all three. */
  readonly pod: string;
  readonly containerID: string;
  readonly workload: string;
}

/** Which field of Calico's spec the third part of a WorkloadEndpoint's name is: that depends on the orchestrator. */
export function workloadIdentifiers({ orchestrator, workload }: WorkloadEndpoint): WorkloadIdentifiers {
  if (orchestrator === 'k8s') return { pod: workload, containerID: '', workload: '' };
  if (orchestrator === 'cni') return { pod: '', containerID: workload, workload: '' };
  // There the part is always the word `libnetwork` and names nothing.
  if (orchestrator === 'libnetwork') return { pod: '', containerID: '', workload: '' };
  return { pod: '', containerID: '', workload };
}
