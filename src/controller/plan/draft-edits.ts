import type { SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { DesiredPart, DesiredService } from './desired-service.ts';
import type { Edit, SliceContent } from './edit.ts';
import { mostUrgent, rankOf } from './rank.ts';
import type { SliceDraft } from './slice-draft.ts';
import type { Whereabouts } from './whereabouts.ts';

/**
 * The edits that bring one slice from `now` to what it shall hold: none, one, or two where endpoints linger in it while phase 1
 * puts them elsewhere.
 */
export function draftEdits(draft: SliceDraft, desired: DesiredService, where: Whereabouts): readonly Edit[] {
  const { slice: of } = draft;
  const last = draft.lastEndpoints();
  const isGone = last.length === 0;
  if (!isGone && !draft.spoilt && draft.added.length === 0 && isAsWanted(draft)) return [];
  const lingers = (at: number): boolean => draft.lingering.has(at);
  const isSplit = draft.lingering.size > 0 && (isGone ? losesOthers(draft) : isNeededFirst(draft));
  const edits: Edit[] = [];
  if (isSplit) {
    const rank = rankOf(draft, { out: (at) => !lingers(at), in: true }, where);
    const content = contentOf(draft, desired, draft.firstEndpoints());
    edits.push({ phase: 1, rank, op: 'update', content, of });
  }
  const rank = rankOf(draft, { out: isSplit ? lingers : () => true, in: !isSplit }, where);
  const phase = draft.lingering.size > 0 ? 2 : 1;
  if (isGone) edits.push({ phase, rank, op: 'delete', of });
  else edits.push({ phase, rank, op: 'update', content: contentOf(draft, desired, last), of });
  return edits;
}

/** The edit that creates a slice for endpoints of a part. */
export function createEdit(
  part: DesiredPart,
  desired: DesiredService,
  slice: { readonly name: string; readonly endpoints: readonly SliceEndpoint[] },
  where: Whereabouts,
): Edit {
  const rank = mostUrgent(slice.endpoints.map((endpoint) => where.rankOfEntering(endpoint, part.ports)));
  return { phase: 1, rank, op: 'create', content: partContent(part, desired, slice) };
}

function isAsWanted(draft: SliceDraft): boolean {
  return draft.staying === draft.now.length && draft.changing().next().done === true;
}

function isNeededFirst(draft: SliceDraft): boolean {
  return draft.added.length > 0 || draft.isWrittenFirst;
}

/** What is withdrawn does not wait for phase 2. */
function losesOthers(draft: SliceDraft): boolean {
  return draft.lingering.size < draft.now.length;
}

function contentOf(
  draft: SliceDraft,
  desired: DesiredService,
  endpoints: readonly SliceEndpoint[],
): SliceContent {
  const { part, slice } = draft;
  const { name } = slice;
  if (part !== undefined) return partContent(part, desired, { name, endpoints });
  const { cluster, ports } = slice;
  // Its owner is not put right: a slice of an earlier Service is to be known as such until it is deleted.
  return {
    namespace: desired.namespace,
    name,
    service: desired.name,
    serviceUid: slice.ownerUid || desired.uid,
    cluster,
    // A slice of names has no addresses, so nothing lingers in it and it is never updated.
    family: slice.family === 'IPv6' ? 'IPv6' : 'IPv4',
    ports,
    endpoints,
  };
}

function partContent(
  part: DesiredPart,
  desired: DesiredService,
  slice: { readonly name: string; readonly endpoints: readonly SliceEndpoint[] },
): SliceContent {
  const { cluster, family, ports } = part;
  const { namespace, name: service, uid: serviceUid } = desired;
  return {
    namespace,
    name: slice.name,
    service,
    serviceUid,
    cluster,
    family,
    ports,
    endpoints: slice.endpoints,
  };
}
