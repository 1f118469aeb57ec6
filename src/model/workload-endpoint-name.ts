import { ConversionError, excerpt } from './conversion-error.ts';
import { doubleDashes, halveDashes } from './dashes.ts';
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
  return part !== '' && part.charCodeAt(0) !== DASH && part.charCodeAt(part.length - 1) !== DASH;
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

/**
 * `parseWorkloadEndpointName` for names that come in the order of their keys: the endpoints of one node follow one another, so
 * that what stands in front of the workload is mostly known, and the same string again, whose hash V8 has computed.
 */
export class WorkloadEndpointNameParser {
  /** `<node>-<orchestrator>-` of the last name, as it stands there. */
  #head = '';
  #last: WorkloadEndpointNameParts = { node: '', orchestrator: '', workload: '', endpoint: '' };

  parse(name: string): WorkloadEndpointNameParts | undefined {
    const head = this.#head;
    const isKnown = head !== '' && name.startsWith(head) && name.charCodeAt(head.length) !== DASH;
    return isKnown ? this.#parseTail(name) : this.#parseAll(name);
  }

  #parseAll(name: string): WorkloadEndpointNameParts | undefined {
    const parts = parseWorkloadEndpointName(name);
    if (parts === undefined) return undefined;
    this.#head = name.slice(0, nextLoneDash(name, nextLoneDash(name, 1) + 1) + 1);
    this.#last = parts;
    return parts;
  }

  /** The same bytes up to the second separator, and no dash behind it that would make it an escaped one. */
  #parseTail(name: string): WorkloadEndpointNameParts | undefined {
    const from = this.#head.length;
    const third = nextLoneDash(name, from);
    if (third < 0 || nextLoneDash(name, third + 1) >= 0) return undefined;
    const workload = unescapePart(name.slice(from, third));
    const own = unescapePart(name.slice(third + 1));
    if (!isNamePart(workload) || !isNamePart(own)) return undefined;
    const { node, orchestrator, endpoint } = this.#last;
    return { node, orchestrator, workload, endpoint: own === endpoint ? endpoint : own };
  }
}

function escapePart(part: string, which: string): string {
  if (!isNamePart(part)) {
    throw new ConversionError(which, `${excerpt(part)} is empty or starts or ends with "-"`);
  }
  return part.includes('-') ? doubleDashes(part) : part;
}

function unescapePart(part: string): string {
  return part.includes('--') ? halveDashes(part) : part;
}

/** A `-` that is followed by another is an escaped one; a lone `-` separates. -1 where there is none at or behind `from`. */
function nextLoneDash(name: string, from: number): number {
  let at = name.indexOf('-', from);
  while (at >= 0 && name.charCodeAt(at + 1) === DASH) at = name.indexOf('-', at + 2);
  return at;
}
