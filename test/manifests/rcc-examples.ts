const endpoints = 'https://10.0.0.1:2379, https://10.0.0.2:2379';
const secret = { kind: 'Secret', namespace: 'calico-system', name: 'remote' };
const pem = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';

/** An RCC spec as somebody may write it. */
export interface ExampleSpec {
  readonly [field: string]: unknown;
  readonly syncOptions?: { readonly overlayRoutingMode?: string };
}

/** Specs that Calico Enterprise's API takes, by what they show. */
export const accepted: Readonly<Record<string, ExampleSpec>> = {
  'a Secret': { clusterAccessSecret: secret },
  'a Secret without kind': { clusterAccessSecret: { namespace: 'a', name: 'b' } },
  'a full object reference': {
    clusterAccessSecret: { ...secret, apiVersion: 'v1', uid: 'u', resourceVersion: '1', fieldPath: '' },
  },
  'a Secret with sync options': {
    clusterAccessSecret: secret,
    syncOptions: { overlayRoutingMode: 'Enabled' },
  },
  'a Secret with datastoreType': { clusterAccessSecret: secret, datastoreType: 'kubernetes' },
  'a Secret beside empty fields': {
    clusterAccessSecret: secret,
    datastoreType: '',
    etcdEndpoints: '',
    etcdKey: '',
    kubeconfig: '',
    k8sAPIToken: '',
    k8sInsecureSkipTLSVerify: false,
  },
  'etcd with files': {
    datastoreType: 'etcdv3',
    etcdEndpoints: endpoints,
    etcdUsername: 'u',
    etcdPassword: 'p',
    etcdKeyFile: '/k',
    etcdCertFile: '/c',
    etcdCACertFile: '/ca',
  },
  'etcd with inline PEM': {
    datastoreType: 'etcdv3',
    etcdEndpoints: endpoints,
    etcdKey: pem,
    etcdCert: pem,
    etcdCACert: pem,
  },
  'blank type': { etcdEndpoints: endpoints },
  'empty type': { datastoreType: '', etcdEndpoints: endpoints },
  'etcd with Kubernetes access for services': {
    datastoreType: 'etcdv3',
    etcdEndpoints: endpoints,
    kubeconfig: '/k',
    k8sCAFile: '/ca',
  },
  'kubeconfig files': { datastoreType: 'kubernetes', kubeconfig: '/etc/a:/etc/b' },
  'kubeconfig text': { datastoreType: 'kubernetes', kubeconfigInline: 'apiVersion: v1' },
  'kubernetes fields': {
    datastoreType: 'kubernetes',
    k8sAPIEndpoint: 'https://10.0.0.1:6443',
    k8sKeyFile: '/k',
    k8sCertFile: '/c',
    k8sCAFile: '/ca',
    k8sAPIToken: 't',
  },
  'unverified TLS': {
    datastoreType: 'kubernetes',
    k8sAPIEndpoint: 'https://10.0.0.1:6443',
    k8sInsecureSkipTLSVerify: true,
  },
  'empty etcd fields with kubernetes': { datastoreType: 'kubernetes', kubeconfig: '/k', etcdEndpoints: '' },
  'what is incomplete: the status tells': {},
};

const beside: Readonly<Record<string, unknown>> = {
  etcdEndpoints: endpoints,
  etcdUsername: 'u',
  etcdPassword: 'p',
  etcdKeyFile: '/k',
  etcdCertFile: '/c',
  etcdCACertFile: '/ca',
  etcdKey: pem,
  etcdCert: pem,
  etcdCACert: pem,
  kubeconfig: '/k',
  kubeconfigInline: 'apiVersion: v1',
  k8sAPIEndpoint: 'https://10.0.0.1:6443',
  k8sKeyFile: '/k',
  k8sCertFile: '/c',
  k8sCAFile: '/ca',
  k8sAPIToken: 't',
  k8sInsecureSkipTLSVerify: true,
};

/** Specs that an API server must refuse, and what it must say. */
export const refused: Readonly<Record<string, { readonly spec: unknown; readonly says: RegExp }>> = {
  ...Object.fromEntries(
    Object.entries(beside).map(([field, value]) => [
      `${field} beside a Secret`,
      {
        spec: { clusterAccessSecret: secret, [field]: value },
        says: /must be empty beside clusterAccessSecret/,
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(beside)
      .filter(([field]) => field.startsWith('etcd'))
      .map(([field, value]) => [
        `${field} with kubernetes`,
        {
          spec: { datastoreType: 'kubernetes', kubeconfig: '/k', [field]: value },
          says: /etcd fields are only valid with datastoreType etcdv3/,
        },
      ]),
  ),
  'an unknown type': { spec: { datastoreType: 'etcdv2' }, says: /Unsupported value: "etcdv2"/ },
  'an unknown routing mode': {
    spec: { clusterAccessSecret: secret, syncOptions: { overlayRoutingMode: 'On' } },
    says: /Unsupported value: "On"/,
  },
  'a number for a text': { spec: { etcdEndpoints: 1 }, says: /must be of type string/ },
  'a text for a boolean': {
    spec: { datastoreType: 'kubernetes', kubeconfig: '/k', k8sInsecureSkipTLSVerify: 'true' },
    says: /must be of type boolean/,
  },
  'an unknown field': { spec: { etcdEndpoint: endpoints }, says: /unknown field "spec.etcdEndpoint"/ },
  'a Secret without namespace': {
    spec: { clusterAccessSecret: { name: 'b' } },
    says: /name and namespace are required/,
  },
  'a Secret without name': {
    spec: { clusterAccessSecret: { namespace: 'a', name: '' } },
    says: /name and namespace are required/,
  },
  'a reference to something else': {
    spec: { clusterAccessSecret: { ...secret, kind: 'ConfigMap' } },
    says: /kind must be Secret or absent/,
  },
  'no spec': { spec: undefined, says: /spec: Required value/ },
};
