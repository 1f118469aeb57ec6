import { podLabels } from './pod-shape.ts';
import type { PodShape } from './pod-shape.ts';

const leaf = {};
const ENTRY = { operation: 'Update', apiVersion: 'v1', time: '2026-01-05T09:00:00Z', fieldsType: 'FieldsV1' };
const CONTAINER = {
  '.': leaf,
  'f:args': leaf,
  'f:env': leaf,
  'f:image': leaf,
  'f:imagePullPolicy': leaf,
  'f:name': leaf,
  'f:ports': leaf,
  'f:resources': leaf,
  'f:terminationMessagePath': leaf,
  'f:volumeMounts': leaf,
};

/** Who set which fields, as the API server records it: a good part of a real pod's bytes. */
export function podManagedFields(shape: PodShape): object[] {
  const labels = Object.keys(podLabels(shape)).map((label) => [`f:${label}`, leaf]);
  return [
    {
      manager: 'kube-controller-manager',
      ...ENTRY,
      fieldsV1: {
        'f:metadata': {
          'f:generateName': leaf,
          'f:labels': { '.': leaf, ...(Object.fromEntries(labels) as object) },
          'f:ownerReferences': { '.': leaf, [`k:{"uid":"${shape.workload.ownerUid}"}`]: leaf },
        },
        'f:spec': {
          'f:containers': {
            [`k:{"name":"${shape.workload.name}"}`]: CONTAINER,
            'k:{"name":"proxy"}': CONTAINER,
          },
          'f:dnsPolicy': leaf,
          'f:enableServiceLinks': leaf,
          'f:restartPolicy': leaf,
          'f:serviceAccountName': leaf,
        },
      },
    },
    {
      manager: 'kubelet',
      ...ENTRY,
      fieldsV1: {
        'f:status': {
          'f:conditions': { 'k:{"type":"Ready"}': { '.': leaf, 'f:status': leaf, 'f:type': leaf } },
          'f:containerStatuses': leaf,
          'f:hostIP': leaf,
          'f:phase': leaf,
          'f:podIP': leaf,
          'f:podIPs': leaf,
          'f:startTime': leaf,
        },
      },
      subresource: 'status',
    },
  ];
}
