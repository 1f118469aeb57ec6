import { nearestName } from './nearest-name.ts';
import { apiEndpointProblem, parseEtcdEndpoints } from './rcc-parse-endpoints.ts';
import { givenFields } from './rcc-parse-fields.ts';
import type { ConnectionFields } from './rcc-parse-fields.ts';
import type { ClusterAccess, EtcdAccess, FieldProblem, KubernetesAccess, OverlayRoutingMode } from './rcc.ts';

/** Where the fields stand and what their names are there, so that a problem names what the user wrote. */
export interface FieldPlace {
  readonly path: 'spec' | 'data';
  /** A Secret has the contents of a kubeconfig under `kubeconfig`; an RCC under `kubeconfigInline`. */
  readonly kubeconfigInline: 'kubeconfigInline' | 'kubeconfig';
}

const REMOTE_TYPES = ['etcdv3', 'kubernetes'] as const;
export type RemoteType = (typeof REMOTE_TYPES)[number];

/** Promise 5 of docs/architecture.md: blank means etcdv3, as the API says. undefined = no such type. */
export function remoteType(text: string): RemoteType | undefined {
  return text === '' ? 'etcdv3' : REMOTE_TYPES.find((type) => type === text);
}

/** What is wrong with a type that `remoteType` does not know. The value itself is not repeated. */
export function typeProblem(text: string): string {
  const near = nearestName(text, REMOTE_TYPES);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return `must be "etcdv3" or "kubernetes" (blank means "etcdv3")${hint}`;
}

export interface AccessOptions {
  readonly trustInline: boolean;
  readonly overlayRoutingMode: OverlayRoutingMode;
}

/** Builds the access from fields of the right types, or adds to `problems`; then the result is undefined. */
export function buildAccess(
  fields: ConnectionFields,
  place: FieldPlace,
  options: AccessOptions,
  problems: FieldProblem[],
): ClusterAccess | undefined {
  const before = problems.length;
  const type = remoteType(fields.datastoreType);
  const report = (field: keyof ConnectionFields, problem: string): void => {
    const name = field === 'kubeconfigInline' ? place.kubeconfigInline : field;
    problems.push({ field: `${place.path}.${name}`, problem });
  };
  if (type === undefined) {
    report('datastoreType', typeProblem(fields.datastoreType));
    return undefined;
  }
  const etcd = type === 'etcdv3' ? readEtcd(fields, report) : refuseEtcd(fields, report);
  const kubernetes = readKubernetes(fields, type, options.trustInline, report);
  if (problems.length > before) return undefined;
  const { overlayRoutingMode } = options;
  return { datastoreType: type, etcd, kubernetes, directory: undefined, overlayRoutingMode };
}

type Report = (field: keyof ConnectionFields, problem: string) => void;

function refuseEtcd(fields: ConnectionFields, report: Report): undefined {
  for (const name of givenFields(fields)) {
    if (name.startsWith('etcd')) report(name, 'is only valid with datastoreType etcdv3');
  }
}

const INLINE_PEM = ['etcdKey', 'etcdCert', 'etcdCACert'] as const;
const ETCD_FILES = ['etcdKeyFile', 'etcdCertFile', 'etcdCACertFile'] as const;

function readEtcd(fields: ConnectionFields, report: Report): EtcdAccess {
  const { endpoints, problems } = parseEtcdEndpoints(fields.etcdEndpoints);
  if (fields.etcdEndpoints.trim() === '') report('etcdEndpoints', 'is required for datastoreType etcdv3');
  else for (const problem of problems) report('etcdEndpoints', problem);
  checkEtcdTls(fields, report);
  return {
    endpoints,
    username: fields.etcdUsername,
    password: fields.etcdPassword,
    keyFile: fields.etcdKeyFile,
    certFile: fields.etcdCertFile,
    caCertFile: fields.etcdCACertFile,
    key: fields.etcdKey,
    cert: fields.etcdCert,
    caCert: fields.etcdCACert,
  };
}

/** Calico's client refuses inline PEM together with any TLS file, and half of a key pair. */
function checkEtcdTls(fields: ConnectionFields, report: Report): void {
  const inline = INLINE_PEM.find((name) => fields[name] !== '');
  const file = ETCD_FILES.find((name) => fields[name] !== '');
  if (inline !== undefined && file !== undefined) {
    report(inline, `is inline PEM and cannot be combined with the file in ${file}`);
  }
  for (const name of INLINE_PEM) {
    if (fields[name] !== '' && !isPem(fields[name])) report(name, 'is not PEM text');
  }
  pairOf(fields, ['etcdKey', 'etcdCert'], report);
  pairOf(fields, ['etcdKeyFile', 'etcdCertFile'], report);
}

function isPem(text: string): boolean {
  return /-----BEGIN [A-Z0-9 ]+-----[\s\S]+-----END [A-Z0-9 ]+-----/.test(text);
}

function pairOf(
  fields: ConnectionFields,
  [key, cert]: readonly [keyof ConnectionFields, keyof ConnectionFields],
  report: Report,
): void {
  if (fields[key] === '' && fields[cert] !== '') report(cert, `needs ${key} beside it`);
  if (fields[key] !== '' && fields[cert] === '') report(key, `needs ${cert} beside it`);
}

/**
 * Without a kubeconfig or an API endpoint Calico's loader would fall back to the in-cluster configuration, which
 * is the local cluster: refused (promise 5 of docs/architecture.md).
 */
function readKubernetes(
  fields: ConnectionFields,
  type: RemoteType,
  trustInline: boolean,
  report: Report,
): KubernetesAccess | undefined {
  const given = givenFields(fields).filter((name) => /^(k8s|kubeconfig)/.test(name));
  const hasKubeconfig = fields.kubeconfig !== '' || fields.kubeconfigInline !== '';
  if (type === 'etcdv3' && given.length === 0) return undefined;
  if (!hasKubeconfig && fields.k8sAPIEndpoint === '') reportNoServer(type, given[0], report);
  if (fields.k8sAPIEndpoint !== '') {
    const problem = apiEndpointProblem(fields.k8sAPIEndpoint);
    if (problem !== undefined) report('k8sAPIEndpoint', problem);
  }
  // A kubeconfig may bring the other half; without one half a pair never works.
  if (!hasKubeconfig) pairOf(fields, ['k8sKeyFile', 'k8sCertFile'], report);
  if (fields.k8sInsecureSkipTLSVerify && fields.k8sCAFile !== '') {
    report('k8sInsecureSkipTLSVerify', 'contradicts k8sCAFile: a CA is of no use where nothing is verified');
  }
  return {
    kubeconfig: fields.kubeconfig,
    kubeconfigInline: fields.kubeconfigInline,
    apiEndpoint: fields.k8sAPIEndpoint,
    keyFile: fields.k8sKeyFile,
    certFile: fields.k8sCertFile,
    caFile: fields.k8sCAFile,
    apiToken: fields.k8sAPIToken,
    insecureSkipTLSVerify: fields.k8sInsecureSkipTLSVerify,
    trustInline,
  };
}

function reportNoServer(type: RemoteType, given: keyof ConnectionFields | undefined, report: Report): void {
  const need = 'kubeconfig, kubeconfigInline or k8sAPIEndpoint';
  if (type === 'etcdv3' && given !== undefined) report(given, `needs one of ${need} beside it`);
  else report('kubeconfigInline', `one of ${need} is required for datastoreType kubernetes`);
}
