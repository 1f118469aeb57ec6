import { ConversionError, excerpt } from './conversion-error.ts';
import type { WorkloadEndpointId } from './workload-endpoint.ts';

const DASH = 45;

/** The four parts of a WorkloadEndpoint's name. */
export type WorkloadEndpointNameParts = Omit<WorkloadEndpointId, 'namespace'>;

/**
 * `<node>-<orchestrator>-<workload>-<endpoint>`, each `-` inside a part doubled (libcalico-go/lib/names).
 * Throws ConversionError that names a part that is empty or starts or ends with `-`: it could not be read back.
 */
export function workloadEndpointName(parts: WorkloadEndpointNameParts): string {
  const node = escapePart(parts.node, 'node');
  const orchestrator = escapePart(parts.orchestrator, 'orchestrator');
  const workload = escapePart(parts.workload, 'workload');
  return `${node}-${orchestrator}-${workload}-${escapePart(parts.endpoint, 'endpoint')}`;
}

/** Whether a part can stand in a name: not empty, no `-` at either end. */
export function isNamePart(part: string): boolean {
  return part !== '' && !part.startsWith('-') && !part.endsWith('-');
}

/**
 * Reads a name back. Undefined where it does not split into exactly four parts that make the same name again; every
 * name that Calico's clients write does.
 */
export function parseWorkloadEndpointName(name: string): WorkloadEndpointNameParts | undefined {
  // A first `-` never separates.
  const first = nextLoneDash(name, 1);
  const second = nextLoneDash(name, first + 1);
  const third = nextLoneDash(name, second + 1);
  if (third < 0 || second < 0 || first < 0 || nextLoneDash(name, third + 1) >= 0) return undefined;
  const node = unescapePart(name.slice(0, first));
  const orchestrator = unescapePart(name.slice(first + 1, second));
  const workload = unescapePart(name.slice(second + 1, third));
  const endpoint = unescapePart(name.slice(third + 1));
  if (!isNamePart(node) || !isNamePart(orchestrator) || !isNamePart(workload) || !isNamePart(endpoint)) {
    return undefined;
  }
  return { node, orchestrator, workload, endpoint };
}

function escapePart(part: string, which: string): string {
  if (!isNamePart(part)) {
    throw new ConversionError(which, `${excerpt(part)} is empty or starts or ends with "-"`);
  }
  return part.includes('-') ? part.replaceAll('-', '--') : part;
}

function unescapePart(part: string): string {
  return part.includes('--') ? part.replaceAll('--', '-') : part;
}

/** A `-` that is followed by another is an escaped one; a lone `-` separates. -1 where there is none at or behind `from`. */
function nextLoneDash(name: string, from: number): number {
  let at = name.indexOf('-', from);
  while (at >= 0 && name.charCodeAt(at + 1) === DASH) at = name.indexOf('-', at + 2);
  return at;
}
