import { nearestName } from '../model/nearest-name.ts';
import { variableOf } from './option.ts';
import { OPTION_NAMES, optionOf } from './options.ts';
import type { OptionName } from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Variables {
  readonly values: ReadonlyMap<OptionName, string>;
  /** Unknown `FEDSYNCD_*` names. */
  readonly problems: readonly string[];
}

/**
 * Names that Kubernetes sets for Services in the namespace of a pod: `FEDSYNCD_SERVICE_HOST`,
 * `FEDSYNCD_OPS_SERVICE_PORT_HTTP`, `FEDSYNCD_PORT_9095_TCP_ADDR`.
 */
const SERVICE_LINK =
  /^FEDSYNCD(_[A-Z0-9_]+)?_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
/** `FEDSYNCD_PORT=tcp://10.0.0.1:9095`: by the value, since the name alone could be a typing error. */
const SERVICE_LINK_URL = /^(tcp|udp|sctp):\/\//;

/**
 * The `FEDSYNCD_*` variables of the table. An empty one counts as not set. Unknown ones are a problem, so that a
 * typing error is found at start; a value is never repeated.
 */
export function readEnvironment(environment: Environment): Variables {
  const values = new Map<OptionName, string>();
  const problems: string[] = [];
  const known = OPTION_NAMES.filter((name) => optionOf(name).flagOnly !== true);
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('FEDSYNCD_') || value === undefined) continue;
    const name = known.find((option) => variableOf(option) === variable);
    if (name !== undefined) {
      if (value !== '') values.set(name, value);
    } else if (!isServiceLink(variable, value)) {
      const near = nearestName(variable, known.map(variableOf));
      problems.push(
        `unknown variable ${variable.slice(0, 100)}${near === undefined ? '' : `; did you mean ${near}?`}`,
      );
    }
  }
  return { values, problems };
}

function isServiceLink(variable: string, value: string): boolean {
  return SERVICE_LINK.test(variable) || (variable.endsWith('_PORT') && SERVICE_LINK_URL.test(value));
}
