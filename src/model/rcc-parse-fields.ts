import { nearestName } from './nearest-name.ts';
import type { FieldProblem } from './rcc.ts';

/** Text fields of the spec that say how to connect, `''` where not given (spec of `projectcalico.org/v3` RemoteClusterConfiguration). */
export interface ConnectionFields {
  readonly datastoreType: string;
  readonly etcdEndpoints: string;
  readonly etcdUsername: string;
  readonly etcdPassword: string;
  readonly etcdKeyFile: string;
  readonly etcdCertFile: string;
  readonly etcdCACertFile: string;
  readonly etcdKey: string;
  readonly etcdCert: string;
  readonly etcdCACert: string;
  readonly kubeconfig: string;
  readonly kubeconfigInline: string;
  readonly k8sAPIEndpoint: string;
  readonly k8sKeyFile: string;
  readonly k8sCertFile: string;
  readonly k8sCAFile: string;
  readonly k8sAPIToken: string;
  readonly k8sInsecureSkipTLSVerify: boolean;
}
type TextField = Exclude<keyof ConnectionFields, 'k8sInsecureSkipTLSVerify'>;

export const NO_FIELDS: ConnectionFields = {
  datastoreType: '',
  etcdEndpoints: '',
  etcdUsername: '',
  etcdPassword: '',
  etcdKeyFile: '',
  etcdCertFile: '',
  etcdCACertFile: '',
  etcdKey: '',
  etcdCert: '',
  etcdCACert: '',
  kubeconfig: '',
  kubeconfigInline: '',
  k8sAPIEndpoint: '',
  k8sKeyFile: '',
  k8sCertFile: '',
  k8sCAFile: '',
  k8sAPIToken: '',
  k8sInsecureSkipTLSVerify: false,
};

const BOOLEAN_FIELD = 'k8sInsecureSkipTLSVerify';
const TEXT_FIELDS = Object.keys(NO_FIELDS).filter((name): name is TextField => name !== BOOLEAN_FIELD);

export type PlainObject = Readonly<Record<string, unknown>>;

/** null and undefined read as "not given", as in YAML and in Go. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export function isObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a number`, `a list`: names the type and never the value, which may be a secret in the wrong place. */
export function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'boolean' ? 'a boolean' : `a ${typeof value}`;
}

/** Reads the connection fields of a spec; a field of a wrong type is a problem and reads as not given. */
export function readConnectionFields(spec: PlainObject, problems: FieldProblem[]): ConnectionFields {
  const texts = Object.fromEntries(
    TEXT_FIELDS.map((name) => [name, readText(spec, name, { at: 'spec', problems })]),
  ) as Record<TextField, string>;
  const flag = spec[BOOLEAN_FIELD];
  if (isGiven(flag) && typeof flag !== 'boolean') {
    problems.push({ field: `spec.${BOOLEAN_FIELD}`, problem: `must be a boolean, not ${typeName(flag)}` });
  }
  return { ...texts, k8sInsecureSkipTLSVerify: flag === true };
}

interface Place {
  readonly at: string;
  readonly problems: FieldProblem[];
}

export function readText(object: PlainObject, name: string, { at, problems }: Place): string {
  const value = object[name];
  if (!isGiven(value)) return '';
  if (typeof value === 'string') return value;
  problems.push({ field: `${at}.${name}`, problem: `must be a string, not ${typeName(value)}` });
  return '';
}

/**
 * An API server prunes unknown fields; a file is not pruned, and a typing error that is silently ignored would
 * connect in another way than was meant. So they are a problem from every source.
 */
export function rejectUnknown(object: PlainObject, known: readonly string[], { at, problems }: Place): void {
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    problems.push({
      field: `${at}.${name.slice(0, 64)}`,
      problem: near === undefined ? 'is not a known field' : `is not a known field; did you mean "${near}"?`,
    });
  }
}

export const SPEC_FIELDS: readonly string[] = [
  ...Object.keys(NO_FIELDS),
  'clusterAccessSecret',
  'syncOptions',
];

/** Names of the connection fields that are given. */
export function givenFields(fields: ConnectionFields): readonly (keyof ConnectionFields)[] {
  return (Object.keys(NO_FIELDS) as (keyof ConnectionFields)[]).filter(
    (name) => fields[name] !== '' && fields[name] !== false,
  );
}
