import { buildAccess, remoteType } from './rcc-parse-access.ts';
import type { AccessOptions } from './rcc-parse-access.ts';
import { NO_FIELDS, isObject, readText, rejectUnknown, typeName } from './rcc-parse-fields.ts';
import type { ConnectionFields, PlainObject } from './rcc-parse-fields.ts';
import { labelProblem, subdomainProblem } from './rcc-parse-names.ts';
import type { ClusterAccess, FieldProblem, SecretName } from './rcc.ts';

const AT = 'spec.clusterAccessSecret';
const REFERENCE_FIELDS = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** Reads `clusterAccessSecret`: `name` and `namespace` are required, `kind` is absent or `Secret`. */
export function readSecretReference(value: unknown, problems: FieldProblem[]): SecretName | undefined {
  if (!isObject(value)) {
    problems.push({ field: AT, problem: `must be an object, not ${typeName(value)}` });
    return undefined;
  }
  const before = problems.length;
  rejectUnknown(value, REFERENCE_FIELDS, { at: AT, problems });
  const kind = readText(value, 'kind', { at: AT, problems });
  if (kind !== '' && kind !== 'Secret')
    problems.push({ field: `${AT}.kind`, problem: 'must be "Secret" or absent' });
  const namespace = readName(value, 'namespace', labelProblem, problems);
  const name = readName(value, 'name', subdomainProblem, problems);
  return problems.length > before ? undefined : { namespace, name };
}

function readName(
  reference: PlainObject,
  field: string,
  check: (text: string) => string | undefined,
  problems: FieldProblem[],
): string {
  const before = problems.length;
  const text = readText(reference, field, { at: AT, problems });
  if (problems.length > before) return '';
  const problem = text === '' ? 'is required' : check(text);
  if (problem !== undefined) problems.push({ field: `${AT}.${field}`, problem });
  return text;
}

/** The keys that are read, with the field that each fills (federation: contents, never paths). */
const SECRET_KEYS = {
  datastoreType: 'datastoreType',
  etcdEndpoints: 'etcdEndpoints',
  etcdUsername: 'etcdUsername',
  etcdPassword: 'etcdPassword',
  etcdKey: 'etcdKey',
  etcdCert: 'etcdCert',
  etcdCACert: 'etcdCACert',
  kubeconfig: 'kubeconfigInline',
} as const satisfies Record<string, keyof ConnectionFields>;

export type SecretParse =
  | { readonly ok: true; readonly access: ClusterAccess }
  | { readonly ok: false; readonly reason: 'SecretInvalid'; readonly problems: readonly FieldProblem[] };

/**
 * The access that a Secret describes. `specType` is the RCC's own `datastoreType`: if given, it must agree.
 * Problems name the key and never hold a value, not even of a harmless key: people mix keys up.
 */
export function parseSecret(
  data: Readonly<Record<string, string>>,
  specType: string,
  options: AccessOptions,
): SecretParse {
  const problems: FieldProblem[] = [];
  const fields = readSecretFields(data);
  const type = remoteType(fields.datastoreType);
  if (specType !== '' && type !== undefined && type !== specType) {
    const said = fields.datastoreType === '' ? 'blank, which means etcdv3' : type;
    problems.push({ field: 'data.datastoreType', problem: `is ${said}, but the RCC says ${specType}` });
  }
  const access = buildAccess(fields, { path: 'data', kubeconfigInline: 'kubeconfig' }, options, problems);
  if (access === undefined || problems.length > 0) return { ok: false, reason: 'SecretInvalid', problems };
  return { ok: true, access };
}

function readSecretFields(data: Readonly<Record<string, string>>): ConnectionFields {
  const fields: Record<string, string> = {};
  for (const [key, field] of Object.entries(SECRET_KEYS)) {
    const value = Object.hasOwn(data, key) ? (data[key] ?? '') : '';
    // `echo x | base64` leaves a line end that nobody sees; a password alone may really end in a blank.
    fields[field] = key === 'etcdPassword' ? value : value.trim();
  }
  return { ...NO_FIELDS, ...fields };
}
