import { podManagedFields } from './pod-managed-fields.ts';
import { podSpec } from './pod-spec.ts';
import { at, podLabels } from './pod-shape.ts';
import type { PodShape } from './pod-shape.ts';

const IMAGE_DIGEST = '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945';

/** A Pod as an API server answers it, with holes: fields and size as of a small web service on Calico's CNI. */
export function podObject(shape: PodShape): object {
  const { workload } = shape;
  return {
    metadata: {
      name: at.name,
      generateName: `${workload.ownerName}-`,
      namespace: workload.namespace,
      uid: at.uid,
      resourceVersion: at.revision,
      generation: 1,
      creationTimestamp: at.created,
      labels: podLabels(shape),
      annotations: annotations(shape),
      ownerReferences: [
        {
          apiVersion: workload.owner === 'Job' ? 'batch/v1' : 'apps/v1',
          kind: workload.owner,
          name: workload.ownerName,
          uid: workload.ownerUid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: podManagedFields(shape),
    },
    spec: podSpec(shape),
    status: podStatus(shape),
  };
}

function annotations(shape: PodShape): Record<string, string> {
  const given = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '15020' };
  if (shape.workload.hostNetwork || shape.phase === 'Pending') return given;
  const addresses = shape.ipv6 ? `${at.address}/32,${at.address6}/128` : `${at.address}/32`;
  // The CNI plugin empties both when it tears a pod down.
  const gone = shape.phase === 'Succeeded';
  return {
    'cni.projectcalico.org/containerID': at.container,
    'cni.projectcalico.org/podIP': gone ? '' : `${at.address}/32`,
    'cni.projectcalico.org/podIPs': gone ? '' : addresses,
    ...given,
  };
}

function podStatus(shape: PodShape): object {
  if (shape.phase === 'Pending') return { phase: 'Pending', qosClass: 'Burstable' };
  const address = shape.workload.hostNetwork ? at.hostAddress : at.address;
  const second = shape.ipv6 && !shape.workload.hostNetwork ? [{ ip: at.address6 }] : [];
  const ready = shape.ready ? 'True' : 'False';
  return {
    phase: shape.phase,
    conditions: [
      { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: at.created },
      { type: 'Initialized', status: 'True', lastTransitionTime: at.created },
      { type: 'Ready', status: ready, lastTransitionTime: at.created },
      { type: 'ContainersReady', status: ready, lastTransitionTime: at.created },
      { type: 'PodScheduled', status: 'True', lastTransitionTime: at.created },
    ],
    hostIP: at.hostAddress,
    hostIPs: [{ ip: at.hostAddress }],
    podIP: address,
    podIPs: [{ ip: address }, ...second],
    startTime: at.created,
    containerStatuses: [
      containerStatus(
        shape,
        shape.workload.name,
        `${shape.workload.namespace}/${shape.workload.name}:v1.14.2`,
      ),
      containerStatus(shape, 'proxy', 'mesh/proxy:1.28.1'),
    ],
    qosClass: 'Burstable',
  };
}

function containerStatus(shape: PodShape, name: string, image: string): object {
  return {
    name,
    state:
      shape.phase === 'Running'
        ? { running: { startedAt: at.created } }
        : { terminated: { exitCode: 0, reason: 'Completed' } },
    ready: shape.ready,
    restartCount: 0,
    image: `registry.example.com/${image}`,
    imageID: `registry.example.com/${image}@sha256:${IMAGE_DIGEST}`,
    containerID: `containerd://${at.container}`,
    started: shape.phase === 'Running',
  };
}
