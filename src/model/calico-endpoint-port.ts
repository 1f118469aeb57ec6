import { ConversionError } from './conversion-error.ts';
import { objectsField, portField, stringField, stringOrIntegerField } from './json-field.ts';
import type { JsonObject } from './json-field.ts';
import type { EndpointPort } from './workload-endpoint.ts';

/** `spec.ports` of a WorkloadEndpoint or HostEndpoint. Throws ConversionError. */
export function readEndpointPorts(spec: JsonObject): readonly EndpointPort[] {
  return objectsField(spec, 'ports', 'spec', (item, path) => {
    const protocol = stringOrIntegerField(item, 'protocol', path, 255);
    if (protocol === '') throw new ConversionError(`${path}.protocol`, 'is missing');
    return {
      name: stringField(item, 'name', path),
      protocol: protocol.toUpperCase(),
      port: portField(item, 'port', path) ?? 0,
      hostPort: portField(item, 'hostPort', path) ?? 0,
      hostIP: stringField(item, 'hostIP', path),
    };
  });
}
