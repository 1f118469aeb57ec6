import { canonicalAddress } from './address.ts';
import { ConversionError, excerpt } from './conversion-error.ts';
import {
  booleanField,
  labelsField,
  objectField,
  objectsField,
  pairsField,
  portField,
  stringField,
  stringOrIntegerField,
  stringsField,
} from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import { readKubernetesObject } from './kubernetes-metadata.ts';
import { LabelSet } from './label-set.ts';
import type { Service, ServicePort } from './service.ts';

const KEPT_ANNOTATIONS: readonly string[] = ['federation.tigera.io/', 'fedsyncd.io/'];

/** Whether a Service keeps an annotation of that name. */
export function isKeptAnnotation(key: string): boolean {
  return KEPT_ANNOTATIONS.some((prefix) => key.startsWith(prefix));
}

/**
 * `spec.clusterIPs` as a Service keeps them: canonical, or `None` alone. '' in the source is left out. Throws
 * ConversionError.
 */
export function canonicalClusterIPs(texts: readonly string[]): string[] {
  const given = texts.filter((text) => text !== '');
  if (given.includes('None')) return ['None'];
  return given.map((text, i) => {
    const address = canonicalAddress(text);
    if (address === undefined) {
      throw new ConversionError(`spec.clusterIPs[${i}]`, `${excerpt(text)} is not an IP address`);
    }
    return address;
  });
}

/** Reads a Service. Throws ConversionError. */
export function serviceFromJson(value: unknown): Service {
  const { object, metadata, meta, labels } = readKubernetesObject(value, true);
  const spec = objectField(object, 'spec', '') ?? {};
  const annotations = pairsField(metadata, 'annotations', 'metadata');
  const clusterIPs = stringsField(spec, 'clusterIPs', 'spec');
  return {
    kind: 'Service',
    ...meta,
    labels,
    annotations: LabelSet.of(annotations.filter(([key]) => isKeptAnnotation(key))),
    type: stringField(spec, 'type', 'spec') || 'ClusterIP',
    clusterIPs: canonicalClusterIPs(
      clusterIPs.length > 0 ? clusterIPs : [stringField(spec, 'clusterIP', 'spec')],
    ),
    externalName: stringField(spec, 'externalName', 'spec'),
    selector: labelsField(spec, 'selector', 'spec'),
    ports: objectsField(spec, 'ports', 'spec', readPort),
    publishNotReadyAddresses: booleanField(spec, 'publishNotReadyAddresses', 'spec') ?? false,
    sessionAffinity: stringField(spec, 'sessionAffinity', 'spec') || 'None',
  };
}

function readPort(item: JsonObject, path: string): ServicePort {
  return {
    name: stringField(item, 'name', path),
    protocol: stringField(item, 'protocol', path) || 'TCP',
    port: portField(item, 'port', path) ?? 0,
    targetPort: stringOrIntegerField(item, 'targetPort', path, 65_535),
    appProtocol: stringField(item, 'appProtocol', path),
  };
}
