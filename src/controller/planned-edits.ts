import type { PlannedEdit } from '../contract/controller-documents.ts';
import { LOCAL_CLUSTER_TEXT } from '../model/federation.ts';
import { plannedEndpointsEdit } from './endpoints/planned-endpoints.ts';
import { describeEdits, type EditDescription } from './plan/describe-edit.ts';
import type { ServicePlan } from './service-plans.ts';

const MAX_SHOWN = 20;

/** The edits of a plan for people. */
export function plannedEdits({ slices, endpoints }: ServicePlan): readonly PlannedEdit[] {
  return [
    ...describeEdits(slices).map(plannedSliceEdit),
    ...endpoints.map((edit) => plannedEndpointsEdit(edit)),
  ];
}

function plannedSliceEdit(edit: EditDescription): PlannedEdit {
  const { op, namespace, slice, service, cluster, rank, phase, family, ports } = edit;
  const lists = [edit.added, edit.removed, edit.changed];
  const [added = [], removed = [], changed = []] = lists.map((list) => list.slice(0, MAX_SHOWN));
  const more = lists.reduce((sum, list) => sum + Math.max(0, list.length - MAX_SHOWN), 0);
  return {
    kind: 'EndpointSlice',
    op,
    namespace,
    name: slice,
    service,
    cluster: cluster === LOCAL_CLUSTER_TEXT ? null : cluster,
    rank,
    phase,
    added,
    removed,
    changed,
    more,
    note: op === 'create' ? `${family}, ports ${ports.join(', ') || 'all'}` : '',
  };
}
