import type { SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import { showCluster } from '../../model/federation.ts';
import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { Edit, SliceContent } from './edit.ts';
import type { Rank } from '../../model/edit-rank.ts';
import { sameEndpoint } from './endpoint-content.ts';
import { samePorts } from './set-key.ts';

/** One edit as plain data for people and JSON. The texts hold names of remote objects: print them with `printable`. */
export interface EditDescription {
  readonly op: 'create' | 'update' | 'delete';
  readonly phase: 1 | 2;
  readonly rank: Rank;
  readonly namespace: string;
  readonly slice: string;
  readonly service: string;
  /** Name of the RCC, or `(local)`. */
  readonly cluster: string;
  readonly family: string;
  /** `http 8080/TCP`; empty = all ports. After the edit. */
  readonly ports: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** `10.0.0.1 ready → 10.0.0.1 not ready`, and what is put right beside the endpoints. */
  readonly changed: readonly string[];
}

type Before = Pick<OwnedSlice | SliceContent, 'endpoints' | 'ports'> &
  Partial<Pick<OwnedSlice, 'intact' | 'ownerUid' | 'service' | 'cluster'>>;

/** Each edit beside what the slice holds before it: for the second edit of a slice that is what the first one wrote. */
export function describeEdits(edits: readonly Edit[]): readonly EditDescription[] {
  const written = new Map<string, SliceContent>();
  return edits.map((edit) => {
    if (edit.op === 'delete') return describe(edit, written.get(edit.of.name) ?? edit.of);
    const before = written.get(edit.content.name);
    written.set(edit.content.name, edit.content);
    return describe(edit, before ?? (edit.op === 'update' ? edit.of : undefined));
  });
}

/** One edit beside the slice that it names. */
export function describeEdit(edit: Edit): EditDescription {
  return describe(edit, edit.op === 'create' ? undefined : edit.of);
}

function describe(edit: Edit, before: Before | undefined): EditDescription {
  const after = edit.op === 'delete' ? undefined : edit.content;
  const shown = edit.op === 'delete' ? edit.of : edit.content;
  const was = byAddress(before?.endpoints ?? []);
  const is = byAddress(after?.endpoints ?? []);
  const added = [...is]
    .filter(([address]) => !was.has(address))
    .map(([, endpoint]) => endpointText(endpoint));
  const removed = [...was]
    .filter(([address]) => !is.has(address))
    .map(([, endpoint]) => endpointText(endpoint));
  return {
    op: edit.op,
    phase: edit.phase,
    rank: edit.rank,
    namespace: shown.namespace,
    slice: shown.name,
    service: shown.service,
    cluster: showCluster(shown.cluster),
    family: shown.family,
    ports: shown.ports.map(portText),
    added,
    removed,
    changed: after === undefined || before === undefined ? [] : changes(before, after, was, is),
  };
}

function changes(
  before: Before,
  after: SliceContent,
  was: ReadonlyMap<string, SliceEndpoint>,
  is: ReadonlyMap<string, SliceEndpoint>,
): readonly string[] {
  const texts: string[] = [];
  for (const [address, to] of is) {
    const from = was.get(address);
    if (from !== undefined && !sameEndpoint(from, to))
      texts.push(`${endpointText(from)} → ${endpointText(to)}`);
  }
  if (!samePorts(before.ports, after.ports)) {
    texts.push(`ports ${portsText(before.ports)} → ${portsText(after.ports)}`);
  }
  const isOwned =
    (before.ownerUid ?? after.serviceUid) === after.serviceUid &&
    (before.service ?? after.service) === after.service &&
    (before.cluster === undefined || before.cluster === after.cluster);
  if (before.intact === false || !isOwned) texts.push('labels, owner or fields of others put right');
  return texts;
}

function byAddress(endpoints: readonly SliceEndpoint[]): ReadonlyMap<string, SliceEndpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.addresses.join(','), endpoint]));
}

/** `10.0.0.1 ready, zone a, node n1, hostname db-0, Pod east/db-0`. */
function endpointText(endpoint: SliceEndpoint): string {
  const { addresses, zone, nodeName, hostname, targetRef } = endpoint;
  const parts = [`${addresses.join(',')} ${conditionsText(endpoint)}`];
  if (zone !== '') parts.push(`zone ${zone}`);
  if (nodeName !== '') parts.push(`node ${nodeName}`);
  if (hostname !== '') parts.push(`hostname ${hostname}`);
  if (targetRef !== undefined) parts.push(`${targetRef.kind} ${targetRef.name} ${targetRef.uid}`.trim());
  return parts.join(', ');
}

/** Only `ready` has a meaning where it is unset; the others are named where they are given. */
function conditionsText({ ready, serving, terminating }: SliceEndpoint): string {
  const texts = [ready === false ? 'not ready' : ready === true ? 'ready' : 'ready (unset)'];
  if (serving !== undefined) texts.push(serving ? 'serving' : 'not serving');
  if (terminating !== undefined) texts.push(terminating ? 'terminating' : 'not terminating');
  return texts.join(' ');
}

function portsText(ports: readonly SlicePort[]): string {
  return ports.length === 0 ? 'all' : ports.map(portText).join(' ');
}

function portText({ name, protocol, port, appProtocol }: SlicePort): string {
  const text = `${name === '' ? '' : `${name} `}${port ?? 'all'}/${protocol}`;
  return appProtocol === '' ? text : `${text} (${appProtocol})`;
}
