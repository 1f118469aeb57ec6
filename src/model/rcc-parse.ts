import { buildAccess, remoteType, typeProblem } from './rcc-parse-access.ts';
import type { RemoteType } from './rcc-parse-access.ts';
import {
  SPEC_FIELDS,
  givenFields,
  isGiven,
  isObject,
  readConnectionFields,
  readText,
  rejectUnknown,
  typeName,
} from './rcc-parse-fields.ts';
import type { ConnectionFields, PlainObject } from './rcc-parse-fields.ts';
import { subdomainProblem } from './rcc-parse-names.ts';
import { parseSecret, readSecretReference } from './rcc-parse-secret.ts';
import type { SecretParse } from './rcc-parse-secret.ts';
import type { ClusterAccess, FieldProblem, OverlayRoutingMode, RccDocument, SecretName } from './rcc.ts';

/** What the RCC itself says, as far as it says it: for the status of a cluster that cannot be used. */
interface Stated {
  /** null where the RCC has an unknown type, or leaves it to its Secret. */
  readonly datastoreType: RemoteType | null;
  readonly overlayRoutingMode: OverlayRoutingMode;
}

/** An RCC that is ready, one that waits for the Secret it names, or everything that is wrong with it. */
export type RccParse =
  | (Stated & { readonly ok: true; readonly needs: 'nothing'; readonly access: ClusterAccess })
  | (Stated & {
      readonly ok: true;
      readonly needs: 'secret';
      readonly secret: SecretName;
      /** Takes the Secret's data, decoded to text. */
      readonly complete: (data: Readonly<Record<string, string>>) => SecretParse;
    })
  | (Stated & {
      readonly ok: false;
      readonly reason: 'InvalidConfig';
      readonly problems: readonly FieldProblem[];
    });

export interface RccParseOptions {
  /** `--allow-exec-in-secrets`: exec plugins and file references inside inline kubeconfigs are allowed. */
  readonly trustInline: boolean;
}

/**
 * Checks an RCC of any source by the rules of Calico's API and of promises 5 to 7 of docs/architecture.md. All problems are found at
 * once; none ever holds the value of a field that may be secret. Reads no file and no Secret.
 */
export function parseRcc(document: RccDocument, options: RccParseOptions): RccParse {
  const problems: FieldProblem[] = [];
  const nameProblem = subdomainProblem(document.name);
  if (nameProblem !== undefined) problems.push({ field: 'metadata.name', problem: nameProblem });
  if (!isObject(document.spec)) {
    const problem = isGiven(document.spec)
      ? `must be an object, not ${typeName(document.spec)}`
      : 'is missing';
    problems.push({ field: 'spec', problem });
    return invalid(problems, { datastoreType: null, overlayRoutingMode: 'Disabled' });
  }
  return parseSpec(document.spec, options, problems);
}

function parseSpec(spec: PlainObject, { trustInline }: RccParseOptions, problems: FieldProblem[]): RccParse {
  rejectUnknown(spec, SPEC_FIELDS, { at: 'spec', problems });
  const fields = readConnectionFields(spec, problems);
  const overlayRoutingMode = readOverlayRoutingMode(spec['syncOptions'], problems);
  const options = { trustInline, overlayRoutingMode };
  const typed = typeof (spec['datastoreType'] ?? '') === 'string';
  const known = typed ? remoteType(fields.datastoreType) : undefined;
  const stated: Stated = { datastoreType: known ?? null, overlayRoutingMode };
  // What else is required depends on the type.
  if (!typed) return invalid(problems, stated);

  if (!isGiven(spec['clusterAccessSecret'])) {
    const place = { path: 'spec', kubeconfigInline: 'kubeconfigInline' } as const;
    const access = buildAccess(fields, place, options, problems);
    if (access === undefined || problems.length > 0) return invalid(problems, stated);
    return { ok: true, needs: 'nothing', access, ...stated };
  }

  return parseWithSecret(spec['clusterAccessSecret'], fields, { ...stated, trustInline }, problems);
}

/** Beside `clusterAccessSecret` only `syncOptions` and a `datastoreType` may stand; the latter must agree later. */
function parseWithSecret(
  reference: unknown,
  fields: ConnectionFields,
  { datastoreType: known, ...options }: Stated & RccParseOptions,
  problems: FieldProblem[],
): RccParse {
  const secret = readSecretReference(reference, problems);
  const { datastoreType } = fields;
  if (known === null) problems.push({ field: 'spec.datastoreType', problem: typeProblem(datastoreType) });
  for (const name of givenFields(fields)) {
    if (name === 'datastoreType') continue;
    problems.push({ field: `spec.${name}`, problem: 'cannot be combined with clusterAccessSecret' });
  }
  const { overlayRoutingMode } = options;
  const stated: Stated = { datastoreType: datastoreType === '' ? null : known, overlayRoutingMode };
  if (secret === undefined || problems.length > 0) return invalid(problems, stated);
  const complete = (data: Readonly<Record<string, string>>): SecretParse =>
    parseSecret(data, datastoreType, options);
  return { ok: true, needs: 'secret', secret, complete, ...stated };
}

/** Unset means Disabled, as both CRD schemas default it. */
function readOverlayRoutingMode(value: unknown, problems: FieldProblem[]): OverlayRoutingMode {
  if (!isGiven(value)) return 'Disabled';
  const at = 'spec.syncOptions';
  if (!isObject(value)) {
    problems.push({ field: at, problem: `must be an object, not ${typeName(value)}` });
    return 'Disabled';
  }
  rejectUnknown(value, ['overlayRoutingMode'], { at, problems });
  const mode = readText(value, 'overlayRoutingMode', { at, problems });
  if (mode === 'Enabled' || mode === 'Disabled' || mode === '') return mode === 'Enabled' ? mode : 'Disabled';
  problems.push({ field: `${at}.overlayRoutingMode`, problem: 'must be "Enabled" or "Disabled"' });
  return 'Disabled';
}

function invalid(problems: readonly FieldProblem[], stated: Stated): RccParse {
  return { ok: false, reason: 'InvalidConfig', problems, ...stated };
}
