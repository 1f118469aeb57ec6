import { EndpointsWork, type EndpointsSink } from './endpoints/endpoints-work.ts';
import { sliceToCreate, sliceToPatch } from './owned/slice-to-json.ts';
import type { ServicePlan } from './service-plans.ts';
import { SliceWork, type SliceSink } from './writer/slice-work.ts';
import type { Work } from './writer/work.ts';

const JSON_OF_SLICES = { toCreate: sliceToCreate, toPatch: sliceToPatch };

/** The edits of a plan as writes whose outcome the stores are told. */
export function worksOf(
  plan: ServicePlan,
  sinks: { readonly slices: SliceSink; readonly endpoints: EndpointsSink },
): readonly Work[] {
  return [
    ...plan.slices.map((edit) => new SliceWork(edit, JSON_OF_SLICES, sinks.slices)),
    ...plan.endpoints.map((edit) => new EndpointsWork(edit, sinks.endpoints)),
  ];
}
