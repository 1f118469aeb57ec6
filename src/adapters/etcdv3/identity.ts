import { DatastoreError } from '../../contract/datastore-error.ts';
import { CLUSTER_INFORMATION_KEY, exactly } from './calico-keys.ts';
import type { EtcdClient } from './etcd-client.ts';
import { parseJson } from './object-decoder.ts';
import { decodeRange, encodeRange } from './proto-range.ts';
import { decodeStatus } from './proto-session.ts';

/** Who is at the other end. */
export interface Identity {
  /** Hexadecimal; '' where the server does not tell. */
  readonly clusterId: string;
  /** `missing`: no ClusterInformation, or without a GUID. `forbidden`: it may not be read. */
  readonly calico: 'found' | 'missing' | 'forbidden';
  /** '' unless found. */
  readonly clusterGUID: string;
}

/** @throws DatastoreError where nothing can be asked at all; a forbidden ClusterInformation is not an error. */
export async function readIdentity(client: EtcdClient, signal: AbortSignal): Promise<Identity> {
  const body = encodeRange(exactly(CLUSTER_INFORMATION_KEY));
  try {
    const { header, kvs } = decodeRange(await client.unary({ path: '/etcdserverpb.KV/Range', body }, signal));
    const clusterGUID = guidOf(kvs[0] === undefined ? undefined : parseJson(kvs[0].value));
    return { clusterId: header.clusterId, calico: clusterGUID === '' ? 'missing' : 'found', clusterGUID };
  } catch (error) {
    if (!(error instanceof DatastoreError) || error.reaction !== 'forbidden') throw error;
    const { header } = decodeStatus(
      await client.unary({ path: '/etcdserverpb.Maintenance/Status', body: Buffer.alloc(0) }, signal),
    );
    return { clusterId: header.clusterId, calico: 'forbidden', clusterGUID: '' };
  }
}

/** As `Datastore.identify` has it. */
export function identityStrings({ clusterId, clusterGUID }: Identity): readonly string[] {
  return [
    ...(clusterId === '' || clusterId === '0' ? [] : [`etcd:${clusterId}`]),
    ...(clusterGUID === '' ? [] : [`calico:${clusterGUID}`]),
  ];
}

function guidOf(object: unknown): string {
  if (typeof object !== 'object' || object === null || !('spec' in object)) return '';
  const { spec } = object;
  if (typeof spec !== 'object' || spec === null || !('clusterGUID' in spec)) return '';
  const guid = spec.clusterGUID;
  return typeof guid === 'string' && guid.length <= 128 ? guid : '';
}
