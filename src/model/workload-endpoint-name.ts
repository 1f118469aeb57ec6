import { ConversionError, excerpt } from './conversion-error.ts';
import type { WorkloadEndpointId } from './workload-endpoint.ts';

/** The four parts of a WorkloadEndpoint's name. */
export type WorkloadEndpointNameParts = Omit<WorkloadEndpointId, 'namespace'>;

/**
 * `<node>-<orchestrator>-<workload>-<endpoint>`, each `-` inside a part doubled (libcalico-go/lib/names).
 * Throws ConversionError that names a part that is empty or starts or ends with `-`: it could not be read back.
 */
export function workloadEndpointName(parts: WorkloadEndpointNameParts): string {
  return [
    escapePart(parts.node, 'node'),
    escapePart(parts.orchestrator, 'orchestrator'),
    escapePart(parts.workload, 'workload'),
    escapePart(parts.endpoint, 'endpoint'),
  ].join('-');
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
  const parts = splitAtLoneDashes(name);
  if (parts.length !== 4) return undefined;
  const [node = '', orchestrator = '', workload = '', endpoint = ''] = parts;
  if (!parts.every(isNamePart)) return undefined;
  return { node, orchestrator, workload, endpoint };
}

function escapePart(part: string, which: string): string {
  if (!isNamePart(part)) {
    throw new ConversionError(which, `${excerpt(part)} is empty or starts or ends with "-"`);
  }
  return part.includes('-') ? part.replaceAll('-', '--') : part;
}

/** A `-` that is followed by another is an escaped one; a lone `-` separates. At most five parts are produced. */
function splitAtLoneDashes(name: string): string[] {
  const parts: string[] = [];
  let from = 0;
  // From index 1: a first `-` never separates.
  for (let i = name.indexOf('-', 1); i >= 0 && parts.length < 4; i = name.indexOf('-', i + 1)) {
    if (name[i + 1] === '-') {
      i++;
    } else {
      parts.push(name.slice(from, i).replaceAll('--', '-'));
      from = i + 1;
    }
  }
  parts.push(name.slice(from).replaceAll('--', '-'));
  return parts;
}
