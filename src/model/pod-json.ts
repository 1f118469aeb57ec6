import { objectField, objectsField, booleanField, portField, stringField } from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import { readKubernetesObject } from './kubernetes-metadata.ts';
import type { PodFacts, PodPort } from './pod-facts.ts';

/** Reads a Pod. Throws ConversionError. */
export function podFactsFromJson(value: unknown): PodFacts {
  const { object, metadata, meta, labels } = readKubernetesObject(value, true);
  const annotations = objectField(metadata, 'annotations', 'metadata') ?? {};
  const spec = objectField(object, 'spec', '') ?? {};
  const status = objectField(object, 'status', '') ?? {};
  return {
    ...meta,
    deleting: stringField(metadata, 'deletionTimestamp', 'metadata') !== '',
    labels,
    podIPAnnotation: annotation(annotations, 'cni.projectcalico.org/podIP'),
    podIPsAnnotation: annotation(annotations, 'cni.projectcalico.org/podIPs'),
    awsPodIPsAnnotation: annotation(annotations, 'vpc.amazonaws.com/pod-ips'),
    nodeName: stringField(spec, 'nodeName', 'spec'),
    serviceAccountName: stringField(spec, 'serviceAccountName', 'spec'),
    hostNetwork: booleanField(spec, 'hostNetwork', 'spec') ?? false,
    phase: stringField(status, 'phase', 'status'),
    statusPodIP: stringField(status, 'podIP', 'status'),
    statusPodIPs: objectsField(status, 'podIPs', 'status', (item, path) => stringField(item, 'ip', path)),
    ports: [...readPorts(spec, 'containers'), ...readPorts(spec, 'initContainers')],
  };
}

function annotation(annotations: JsonObject, key: string): string | undefined {
  return Object.hasOwn(annotations, key) ? stringField(annotations, key, 'metadata.annotations') : undefined;
}

function readPorts(spec: JsonObject, containers: string): PodPort[] {
  return objectsField(spec, containers, 'spec', (container, at) =>
    objectsField(container, 'ports', at, (item, path) => ({
      name: stringField(item, 'name', path),
      protocol: stringField(item, 'protocol', path),
      containerPort: portField(item, 'containerPort', path) ?? 0,
      hostPort: portField(item, 'hostPort', path) ?? 0,
      hostIP: stringField(item, 'hostIP', path),
    })),
  ).flat();
}
