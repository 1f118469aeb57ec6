import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Revision } from '../../contract/datastore.ts';

/** A point in the history of one etcd cluster. Points of different clusters cannot be compared. */
export interface Point {
  readonly clusterId: string;
  readonly revision: number;
}

/** The opaque form that the reflector keeps: it carries the cluster, so that a replaced one is noticed. */
export function formatPoint({ clusterId, revision }: Point): Revision {
  return `${clusterId}/${revision}`;
}

/** @throws DatastoreError (`relist`) for what another datastore issued. */
export function parsePoint(text: Revision): Point {
  const match = /^([0-9a-f]{1,16})\/(\d{1,16})$/.exec(text);
  if (match === null) {
    throw new DatastoreError('relist', 'ClusterReplaced', 'the resume revision is not one of an etcd');
  }
  const [, clusterId = '', revision = ''] = match;
  return { clusterId, revision: Number(revision) };
}
