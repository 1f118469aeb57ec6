import type { PlannedEdit } from '../../contract/controller-documents.ts';
import type { EndpointsEdit } from './endpoints-edit.ts';
import type { EndpointsSubset } from './owned-endpoints.ts';

const MAX_SHOWN = 20;

/** An edit as `fedsyncd plan` shows it, address by address. */
export function plannedEndpointsEdit(edit: EndpointsEdit, maxShown = MAX_SHOWN): PlannedEdit {
  const { namespace, name } = edit.op === 'create' ? edit.content : edit.of;
  const before = addressTexts(edit.op === 'create' ? [] : edit.of.subsets);
  const after = edit.op === 'label' ? before : addressTexts('content' in edit ? edit.content.subsets : []);
  const added = [...after].filter(([ip]) => !before.has(ip)).map(([ip, text]) => `${ip} ${text}`);
  const removed = [...before].filter(([ip]) => !after.has(ip)).map(([ip, text]) => `${ip} ${text}`);
  const changed = [...after]
    .filter(([ip, text]) => (before.get(ip) ?? text) !== text)
    .map(([ip, text]) => `${ip} ${before.get(ip) ?? ''} → ${text}`);
  const lists = [added, removed, changed];
  const more = lists.reduce((sum, list) => sum + Math.max(0, list.length - maxShown), 0);
  const [shownAdded = [], shownRemoved = [], shownChanged = []] = lists.map((list) =>
    list.slice(0, maxShown),
  );
  return {
    kind: 'Endpoints',
    op: edit.op,
    namespace,
    name,
    service: name,
    cluster: null,
    rank: edit.rank,
    phase: edit.phase,
    added: shownAdded,
    removed: shownRemoved,
    changed: shownChanged,
    more,
    note: noteOf(edit),
  };
}

/** Each address with its ports and states: `http:8080/TCP ready`. */
function addressTexts(subsets: readonly EndpointsSubset[]): Map<string, string> {
  const texts = new Map<string, string[]>();
  for (const { addresses, notReadyAddresses, ports } of subsets) {
    const offered = ports.map(
      ({ name, port, protocol }) => `${name === '' ? '' : `${name}:`}${port}/${protocol}`,
    );
    for (const [list, state] of [[addresses, 'ready'] as const, [notReadyAddresses, 'not ready'] as const]) {
      const text = [offered.join(','), state].filter((part) => part !== '').join(' ');
      for (const { ip } of list) texts.set(ip, [...(texts.get(ip) ?? []), text]);
    }
  }
  return new Map([...texts].map(([ip, parts]) => [ip, parts.sort().join(', ')]));
}

function noteOf(edit: EndpointsEdit): string {
  if (edit.op === 'label') return 'the mirroring controller is told to leave it: our slices serve';
  if (edit.op === 'delete') return '';
  const notes: string[] = [];
  if (edit.content.truncated) notes.push('over capacity: not all addresses fit');
  if (edit.op === 'update') {
    if (edit.of.selector !== edit.content.selector) notes.push('selector annotation');
    if (edit.of.marked) notes.push('given back to the mirroring controller');
  }
  return notes.join('; ');
}
