import type { Workload } from './catalogue.ts';
import { at } from './pod-shape.ts';
import type { PodShape } from './pod-shape.ts';

/** Two containers of a web service behind a mesh proxy. */
export function podSpec(shape: PodShape): object {
  const { workload } = shape;
  const token = { name: 'kube-api-access-token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
  return {
    volumes: [
      { name: 'scratch', emptyDir: {} },
      {
        name: 'kube-api-access-token',
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [
                  { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
                ],
              },
            },
          ],
          defaultMode: 420,
        },
      },
    ],
    containers: [mainContainer(workload, token), sidecar(workload, token)],
    restartPolicy: workload.owner === 'Job' ? 'Never' : 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: workload.serviceAccount,
    serviceAccount: workload.serviceAccount,
    ...(shape.phase === 'Pending' ? {} : { nodeName: at.node }),
    ...(workload.hostNetwork ? { hostNetwork: true } : {}),
    securityContext: { runAsNonRoot: true },
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((condition) => ({
      key: `node.kubernetes.io/${condition}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}

function mainContainer(workload: Workload, token: Mount): object {
  const probe = { httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' }, timeoutSeconds: 1 };
  return {
    name: workload.name,
    image: `registry.example.com/${workload.namespace}/${workload.name}:v1.14.2`,
    args: [`--listen=:${workload.port}`, '--log-format=json'],
    ports: [
      { name: 'http', containerPort: workload.port, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9102, protocol: 'TCP' },
    ],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'NODE_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
      { name: 'DATABASE_HOST', value: `postgres.${workload.namespace}.svc.cluster.local` },
    ],
    resources: { limits: { cpu: '1', memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
    volumeMounts: [
      { name: 'scratch', mountPath: '/tmp' },
      { ...token, readOnly: true },
    ],
    livenessProbe: {
      ...probe,
      initialDelaySeconds: 10,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    },
    readinessProbe: { ...probe, periodSeconds: 5, successThreshold: 1, failureThreshold: 3 },
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  };
}

function sidecar(workload: Workload, token: Mount): object {
  return {
    name: 'proxy',
    image: 'registry.example.com/mesh/proxy:1.28.1',
    args: ['proxy', 'sidecar', '--domain', `${workload.namespace}.svc.cluster.local`, '--concurrency=2'],
    ports: [
      { name: 'http-envoy-prom', containerPort: 15090, protocol: 'TCP' },
      { containerPort: 15021, protocol: 'TCP' },
    ],
    resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '100m', memory: '128Mi' } },
    volumeMounts: [{ ...token, readOnly: true }],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  };
}
