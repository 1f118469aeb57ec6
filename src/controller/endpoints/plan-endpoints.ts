import { familyOf } from '../../model/slice-address.ts';
import type { DesiredService } from '../plan/desired-service.ts';
import { ENDPOINTS_CAPACITY } from './capacity.ts';
import { endpointsContent } from './endpoints-content.ts';
import type { PlannedContent } from './endpoints-content.ts';
import type { EndpointsContent, EndpointsEdit } from './endpoints-edit.ts';
import type { HeldClusters } from './held-clusters.ts';
import type { OwnedEndpoints } from './owned-endpoints.ts';
import { rankOf, servedBySubsets } from './served-targets.ts';
import { subsetsText } from './subsets-text.ts';

export interface PlanEndpointsOptions extends Pick<HeldClusters, 'anyHeld'> {
  /** The Service's first: `endpointsFamily`. */
  readonly family: 'IPv4' | 'IPv6';
  /** 1000 unless given. */
  readonly capacity?: number;
}

/**
 * `ours`: it is as the edits say · `foreign`: an object of that name without our annotation, or one that Kubernetes has
 * taken over, is left alone · `unreadable`: likewise one that cannot be read · `deleting`: wait until it is gone.
 */
export type EndpointsState = 'ours' | 'foreign' | 'unreadable' | 'deleting';

export interface EndpointsPlan {
  readonly state: EndpointsState;
  /** At most one. */
  readonly edits: readonly EndpointsEdit[];
  /** Addresses beyond the capacity. */
  readonly leftOut: number;
  /** Somebody else has set the skip-mirror label: what is written reaches no proxy. */
  readonly skippedByOthers: boolean;
}

/**
 * What to write so that the Endpoints object of a service is as desired. `selector` is the value of the Service's
 * annotation; undefined = it is not federated (any more), and the object is deleted.
 *
 * Where nothing backs a federated service an object that is there is emptied and stays; none is created.
 */
export function planEndpoints(
  desired: DesiredService,
  selector: string | undefined,
  actual: OwnedEndpoints | undefined,
  options: PlanEndpointsOptions,
): EndpointsPlan {
  const state = stateOf(actual, selector !== undefined);
  if (state !== 'ours') return { state, edits: [], leftOut: 0, skippedByOthers: false };
  if (selector === undefined) {
    const edits =
      actual === undefined ? [] : [{ op: 'delete', phase: 1, rank: 'withdraw', of: actual } as const];
    return { state, edits, leftOut: 0, skippedByOthers: false };
  }
  const planned = endpointsContent(desired, selector, actual, {
    family: options.family,
    capacity: options.capacity ?? ENDPOINTS_CAPACITY,
    held: { isHeld: desired.isHeld, anyHeld: options.anyHeld },
  });
  const edit = actual === undefined ? created(planned.content) : updated(planned, actual);
  const skippedByOthers = actual !== undefined && actual.skipsMirror && !actual.marked;
  return { state, edits: edit === undefined ? [] : [edit], leftOut: planned.leftOut, skippedByOthers };
}

/**
 * The family of a Service's Endpoints: that of its first ClusterIP. A headless service does not show its families here:
 * then `fallback`, the first family of the cluster.
 */
export function endpointsFamily(
  clusterIPs: readonly string[],
  fallback: 'IPv4' | 'IPv6' = 'IPv4',
): 'IPv4' | 'IPv6' {
  const [first] = clusterIPs;
  return first === undefined || first === 'None' ? fallback : familyOf(first);
}

function stateOf(actual: OwnedEndpoints | undefined, federated: boolean): EndpointsState {
  if (actual === undefined) return 'ours';
  if (actual.problem !== '') return 'unreadable';
  if (actual.selector === undefined) return 'foreign';
  // The service got a spec.selector: Kubernetes keeps our annotation when it takes the object over.
  if (!federated && actual.byKubernetes) return 'foreign';
  return actual.deleting ? 'deleting' : 'ours';
}

function created(content: EndpointsContent): EndpointsEdit | undefined {
  return content.subsets.length === 0 ? undefined : { op: 'create', phase: 1, rank: 'add', content };
}

function updated({ content, text }: PlannedContent, of: OwnedEndpoints): EndpointsEdit | undefined {
  const same =
    of.selector === content.selector &&
    of.origins === content.origins &&
    of.overCapacity === (content.truncated ? 'truncated' : undefined) &&
    !of.marked &&
    !of.byKubernetes &&
    of.fingerprint === undefined &&
    subsetsText(of.subsets) === text;
  if (same) return undefined;
  const rank = rankOf(servedBySubsets(of.subsets), servedBySubsets(content.subsets));
  return { op: 'update', phase: 1, rank, content, of };
}
