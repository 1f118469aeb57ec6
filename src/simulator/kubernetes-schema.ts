import type { MessageSchema } from './template.ts';

/**
 * Field numbers of the messages that the simulated API server encodes, as in `generated.proto` of
 * k8s.io/apimachinery meta/v1, k8s.io/api core/v1 and discovery/v1; only the fields that the generators fill.
 */
const OWNER_REFERENCE: MessageSchema = {
  kind: [1, 'string'],
  name: [3, 'string'],
  uid: [4, 'string'],
  apiVersion: [5, 'string'],
  controller: [6, 'bool'],
  blockOwnerDeletion: [7, 'bool'],
};

const MANAGED_FIELDS_ENTRY: MessageSchema = {
  manager: [1, 'string'],
  operation: [2, 'string'],
  apiVersion: [3, 'string'],
  time: [4, 'time'],
  fieldsType: [6, 'string'],
  fieldsV1: [7, 'json'],
  subresource: [8, 'string'],
};

export const OBJECT_META: MessageSchema = {
  name: [1, 'string'],
  generateName: [2, 'string'],
  namespace: [3, 'string'],
  uid: [5, 'string'],
  resourceVersion: [6, 'string'],
  generation: [7, 'int'],
  creationTimestamp: [8, 'time'],
  labels: [11, 'stringMap'],
  annotations: [12, 'stringMap'],
  ownerReferences: [13, OWNER_REFERENCE],
  managedFields: [17, MANAGED_FIELDS_ENTRY],
};

/** An object of any kind, as bookmarks are: metadata only. */
export const BARE_OBJECT: MessageSchema = { metadata: [1, OBJECT_META] };

const NAME_ONLY: MessageSchema = { name: [1, 'string'] };
const KEY_TO_PATH: MessageSchema = { key: [1, 'string'], path: [2, 'string'] };
const FIELD_SELECTOR: MessageSchema = { apiVersion: [1, 'string'], fieldPath: [2, 'string'] };

const PROJECTION: MessageSchema = {
  downwardAPI: [2, { items: [1, { path: [1, 'string'], fieldRef: [2, FIELD_SELECTOR] }] }],
  configMap: [3, { localObjectReference: [1, NAME_ONLY, 'inline'], items: [2, KEY_TO_PATH] }],
  serviceAccountToken: [4, { expirationSeconds: [2, 'int'], path: [3, 'string'] }],
};

const VOLUME: MessageSchema = {
  name: [1, 'string'],
  volumeSource: [
    2,
    {
      emptyDir: [2, { medium: [1, 'string'] }],
      projected: [26, { sources: [1, PROJECTION], defaultMode: [2, 'int'] }],
    },
    'inline',
  ],
};

const PROBE: MessageSchema = {
  handler: [
    1,
    { httpGet: [2, { path: [1, 'string'], port: [2, 'intOrString'], scheme: [4, 'string'] }] },
    'inline',
  ],
  initialDelaySeconds: [2, 'int'],
  timeoutSeconds: [3, 'int'],
  periodSeconds: [4, 'int'],
  successThreshold: [5, 'int'],
  failureThreshold: [6, 'int'],
};

const CONTAINER: MessageSchema = {
  name: [1, 'string'],
  image: [2, 'string'],
  args: [4, 'string'],
  ports: [
    6,
    {
      name: [1, 'string'],
      hostPort: [2, 'int'],
      containerPort: [3, 'int'],
      protocol: [4, 'string'],
      hostIP: [5, 'string'],
    },
  ],
  env: [7, { name: [1, 'string'], value: [2, 'string'], valueFrom: [3, { fieldRef: [1, FIELD_SELECTOR] }] }],
  resources: [8, { limits: [1, 'quantityMap'], requests: [2, 'quantityMap'] }],
  volumeMounts: [9, { name: [1, 'string'], readOnly: [2, 'bool'], mountPath: [3, 'string'] }],
  livenessProbe: [10, PROBE],
  readinessProbe: [11, PROBE],
  terminationMessagePath: [13, 'string'],
  terminationMessagePolicy: [20, 'string'],
  imagePullPolicy: [14, 'string'],
};

const POD_SPEC: MessageSchema = {
  volumes: [1, VOLUME],
  initContainers: [20, CONTAINER],
  containers: [2, CONTAINER],
  restartPolicy: [3, 'string'],
  terminationGracePeriodSeconds: [4, 'int'],
  dnsPolicy: [6, 'string'],
  serviceAccountName: [8, 'string'],
  serviceAccount: [9, 'string'],
  nodeName: [10, 'string'],
  hostNetwork: [11, 'bool'],
  securityContext: [14, { runAsNonRoot: [3, 'bool'] }],
  schedulerName: [19, 'string'],
  tolerations: [
    22,
    { key: [1, 'string'], operator: [2, 'string'], effect: [4, 'string'], tolerationSeconds: [5, 'int'] },
  ],
  priority: [25, 'int'],
  enableServiceLinks: [30, 'bool'],
  preemptionPolicy: [31, 'string'],
};

const CONTAINER_STATUS: MessageSchema = {
  name: [1, 'string'],
  state: [
    2,
    {
      running: [2, { startedAt: [1, 'time'] }],
      waiting: [1, { reason: [1, 'string'] }],
      terminated: [3, { exitCode: [1, 'int'], reason: [3, 'string'] }],
    },
  ],
  ready: [4, 'bool'],
  restartCount: [5, 'int'],
  image: [6, 'string'],
  imageID: [7, 'string'],
  containerID: [8, 'string'],
  started: [9, 'bool'],
};

const POD_STATUS: MessageSchema = {
  phase: [1, 'string'],
  conditions: [2, { type: [1, 'string'], status: [2, 'string'], lastTransitionTime: [4, 'time'] }],
  hostIP: [5, 'string'],
  hostIPs: [16, { ip: [1, 'string'] }],
  podIP: [6, 'string'],
  podIPs: [12, { ip: [1, 'string'] }],
  startTime: [7, 'time'],
  containerStatuses: [8, CONTAINER_STATUS],
  qosClass: [9, 'string'],
};

export const POD: MessageSchema = {
  metadata: [1, OBJECT_META],
  spec: [2, POD_SPEC],
  status: [3, POD_STATUS],
};

export const NAMESPACE: MessageSchema = {
  metadata: [1, OBJECT_META],
  spec: [2, { finalizers: [1, 'string'] }],
  status: [3, { phase: [1, 'string'] }],
};

export const SERVICE_ACCOUNT: MessageSchema = {
  metadata: [1, OBJECT_META],
  automountServiceAccountToken: [4, 'bool'],
};

export const SERVICE: MessageSchema = {
  metadata: [1, OBJECT_META],
  spec: [
    2,
    {
      ports: [
        1,
        {
          name: [1, 'string'],
          protocol: [2, 'string'],
          port: [3, 'int'],
          targetPort: [4, 'intOrString'],
          nodePort: [5, 'int'],
          appProtocol: [6, 'string'],
        },
      ],
      selector: [2, 'stringMap'],
      clusterIP: [3, 'string'],
      clusterIPs: [18, 'string'],
      type: [4, 'string'],
      sessionAffinity: [7, 'string'],
      publishNotReadyAddresses: [13, 'bool'],
      ipFamilyPolicy: [17, 'string'],
      ipFamilies: [19, 'string'],
      internalTrafficPolicy: [22, 'string'],
    },
  ],
  status: [3, { loadBalancer: [1, {}] }],
};

const OBJECT_REFERENCE: MessageSchema = {
  kind: [1, 'string'],
  namespace: [2, 'string'],
  name: [3, 'string'],
  uid: [4, 'string'],
};

export const ENDPOINT_SLICE: MessageSchema = {
  metadata: [1, OBJECT_META],
  addressType: [4, 'string'],
  endpoints: [
    2,
    {
      addresses: [1, 'string'],
      conditions: [2, { ready: [1, 'bool'], serving: [2, 'bool'], terminating: [3, 'bool'] }],
      targetRef: [4, OBJECT_REFERENCE],
      nodeName: [6, 'string'],
      zone: [7, 'string'],
    },
  ],
  ports: [3, { name: [1, 'string'], protocol: [2, 'string'], port: [3, 'int'], appProtocol: [4, 'string'] }],
};

const ENDPOINT_ADDRESS: MessageSchema = {
  ip: [1, 'string'],
  nodeName: [4, 'string'],
  targetRef: [2, OBJECT_REFERENCE],
};

export const ENDPOINTS: MessageSchema = {
  metadata: [1, OBJECT_META],
  subsets: [
    2,
    {
      addresses: [1, ENDPOINT_ADDRESS],
      notReadyAddresses: [2, ENDPOINT_ADDRESS],
      ports: [
        3,
        { name: [1, 'string'], port: [2, 'int'], protocol: [3, 'string'], appProtocol: [4, 'string'] },
      ],
    },
  ],
};

export const STATUS: MessageSchema = {
  metadata: [1, {}],
  status: [2, 'string'],
  message: [3, 'string'],
  reason: [4, 'string'],
  details: [
    5,
    { causes: [4, { reason: [1, 'string'], message: [2, 'string'] }], retryAfterSeconds: [5, 'int'] },
  ],
  code: [6, 'int'],
};
