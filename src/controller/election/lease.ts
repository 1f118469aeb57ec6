import type { JsonObject } from '../../model/json-field.ts';

/** Where a Lease is. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export function leaseCollectionPath({ namespace }: LeaseName): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

export function leasePath(lease: LeaseName): string {
  return `${leaseCollectionPath(lease)}/${encodeURIComponent(lease.name)}`;
}

/** What a Lease says. Fields of wrong types count as absent: the API server lets none in. */
export interface LeaseRecord {
  /** '' = nobody holds it. */
  readonly holder: string;
  /** undefined where the Lease does not say. */
  readonly durationMs: number | undefined;
  readonly transitions: number;
  readonly acquireTime: string;
  readonly renewTime: string;
}

export function readLease(lease: JsonObject): LeaseRecord {
  const spec = specOf(lease);
  const seconds = spec['leaseDurationSeconds'];
  const transitions = spec['leaseTransitions'];
  return {
    holder: text(spec['holderIdentity']),
    durationMs: typeof seconds === 'number' ? seconds * 1000 : undefined,
    transitions: typeof transitions === 'number' ? transitions : 0,
    acquireTime: text(spec['acquireTime']),
    renewTime: text(spec['renewTime']),
  };
}

/** Equal as long as nobody renewed, took or released the Lease. */
export function sameRecord(a: LeaseRecord, b: LeaseRecord): boolean {
  return (
    a.holder === b.holder &&
    a.renewTime === b.renewTime &&
    a.acquireTime === b.acquireTime &&
    a.transitions === b.transitions &&
    a.durationMs === b.durationMs
  );
}

/** Of a Lease's spec: what a claim sets. Times as Kubernetes MicroTime. */
export interface LeaseClaim {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
}

/** A Lease with this claim: a new one, or the one given with all else as it is, its resourceVersion being the precondition. */
export function claimedLease(
  lease: JsonObject | undefined,
  { namespace, name }: LeaseName,
  claim: LeaseClaim,
): JsonObject {
  const base = lease ?? {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace, name },
  };
  return { ...base, spec: { ...(lease && specOf(lease)), ...claim } };
}

/** RFC 3339 with six digits of a second (Kubernetes MicroTime). `micros` are the last three, which the clock does not give. */
export function microTime(epochMs: number, micros: number): string {
  return `${new Date(epochMs).toISOString().slice(0, -1)}${String(micros % 1000).padStart(3, '0')}Z`;
}

function specOf(lease: JsonObject): JsonObject {
  const spec = lease['spec'];
  return typeof spec === 'object' && spec !== null ? (spec as JsonObject) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
