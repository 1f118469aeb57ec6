import type { DatastoreOptions, PreparedDatastore } from '../../../contract/adapter.ts';
import { checkDatastore } from '../check.ts';
import { standardReaderTuning } from '../collection.ts';
import type { PreparedKubernetes } from '../connection/connect.ts';
import type { KubeTransport } from '../connection/transport.ts';
import { KubernetesDatastore, SERVICE_RESOURCES } from '../datastore.ts';
import type { LocalConnection } from './local-connection.ts';

/**
 * Services and EndpointSlices of the local cluster as a datastore, over the connection that everybody shares: closing it
 * ends its own requests only.
 */
export function localServices(
  prepared: PreparedKubernetes,
  connection: LocalConnection,
  options: DatastoreOptions,
): PreparedDatastore {
  const open = (): KubernetesDatastore =>
    new KubernetesDatastore({
      ...connection,
      transport: borrowed(connection.transport),
      resources: SERVICE_RESOURCES,
      options,
      tuning: standardReaderTuning,
    });
  return {
    type: 'kubernetes',
    fingerprint: prepared.fingerprint,
    files: prepared.files,
    open,
    check: (signal) => checkDatastore(prepared, open, signal),
  };
}

/** A transport that its owner closes. */
function borrowed(transport: KubeTransport): KubeTransport {
  return {
    server: transport.server,
    get: (request) => transport.get(request),
    send: (request) => transport.send(request),
    onContact: (listener) => transport.onContact(listener),
    close: () => Promise.resolve(),
  };
}
