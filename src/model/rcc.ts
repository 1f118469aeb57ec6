/** Datastore types that an RCC can name. `file` is ours: a directory of exported objects (`--inspect`). */
export type DatastoreType = 'etcdv3' | 'kubernetes' | 'file';
export type OverlayRoutingMode = 'Enabled' | 'Disabled';

/** How to reach an etcd: exactly the RCC's fields. '' = not given. */
export interface EtcdAccess {
  /** `http(s)://host:port`, in the order given. */
  readonly endpoints: readonly string[];
  readonly username: string;
  readonly password: string;
  readonly keyFile: string;
  readonly certFile: string;
  readonly caCertFile: string;
  /** Inline PEM. */
  readonly key: string;
  readonly cert: string;
  readonly caCert: string;
}

/** How to reach a Kubernetes API server: exactly the RCC's fields. '' = not given. */
export interface KubernetesAccess {
  /** A path, or several joined by `:`, merged in order. */
  readonly kubeconfig: string;
  /** Kubeconfig text: used as it is, the other fields do not apply to it. */
  readonly kubeconfigInline: string;
  readonly apiEndpoint: string;
  readonly keyFile: string;
  readonly certFile: string;
  readonly caFile: string;
  readonly apiToken: string;
  readonly insecureSkipTLSVerify: boolean;
  /** exec plugins and file references inside `kubeconfigInline` are allowed (`--allow-exec-in-secrets`). */
  readonly trustInline: boolean;
}

/** Nothing given. */
export const NO_KUBERNETES_ACCESS: KubernetesAccess = {
  kubeconfig: '',
  kubeconfigInline: '',
  apiEndpoint: '',
  keyFile: '',
  certFile: '',
  caFile: '',
  apiToken: '',
  insecureSkipTLSVerify: false,
  trustInline: false,
};

/** A valid RCC with its Secret, if any, already applied: what a session is made from. */
export interface ClusterAccess {
  readonly datastoreType: DatastoreType;
  readonly etcd: EtcdAccess | undefined;
  /** For `etcdv3` too, where services are wanted. */
  readonly kubernetes: KubernetesAccess | undefined;
  /** For `file`. */
  readonly directory: string | undefined;
  readonly overlayRoutingMode: OverlayRoutingMode;
}

/** The Secret of `clusterAccessSecret`. */
export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** The object of a Kubernetes API that an RCC is. */
export interface RccObject {
  /** Of the group it was read from: `projectcalico.org/v3`. */
  readonly apiVersion: string;
  readonly uid: string;
}

/** An RCC as a source delivers it: the spec unchecked, so that one validation serves all sources. */
export interface RccDocument {
  readonly name: string;
  readonly spec: unknown;
  /** Where it comes from, for messages: `crd.projectcalico.org/v1`, `/etc/rcc/a.yaml, document 2`. */
  readonly origin: string;
  /** Given where it comes from the Kubernetes API. */
  readonly object?: RccObject;
  /** Given where there is nothing to validate: a cluster of `--inspect`. */
  readonly access?: ClusterAccess;
}

/** One thing wrong with an RCC, a Secret or a file. Never holds a value of a secret field. */
export interface FieldProblem {
  /** `spec.etcdEndpoints`, `data.kubeconfig`. */
  readonly field: string;
  readonly problem: string;
}
