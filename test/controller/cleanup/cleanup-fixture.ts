import { type CleanupOptions, cleanup } from '../../../src/controller/cleanup/cleanup.ts';
import type { LocalApi } from '../../../src/contract/local-api.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';

export const LEASE = { namespace: 'calico-system', name: 'fedsyncd' };

/** Runs a cleanup to its end. Each step is one line. */
export async function run(api: LocalApi, options: Omit<CleanupOptions, 'lease'>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { outcome, subject, message } of cleanup(api, { ...options, lease: LEASE })) {
    lines.push(`${outcome}: ${subject}: ${message}`);
  }
  return lines;
}

/** A slice as the controller writes it. */
export function slice(
  service: string,
  name: string,
  managedBy = 'federated-services.fedsyncd.io',
): JsonObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'shop',
      name,
      labels: {
        'kubernetes.io/service-name': service,
        'endpointslice.kubernetes.io/managed-by': managedBy,
      },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.7.0.1'] }],
    ports: [{ name: '', port: 80 }],
  };
}

/** An Endpoints object that an earlier controller left, with the label; marked as ours or not. */
export function endpoints(name: string, marked: boolean): JsonObject {
  const mark = { 'fedsyncd.io/skip-mirror': 'true', 'fedsyncd.io/skip-mirror-of': 'abc' };
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      namespace: 'shop',
      name,
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true', team: 'net' },
      annotations: { 'federation.tigera.io/serviceSelector': 'app == "web"', ...(marked ? mark : {}) },
    },
    subsets: [{ addresses: [{ ip: '10.7.0.1' }], ports: [{ port: 80 }] }],
  };
}
