import type { LocalCollection } from '../../../contract/local-api.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Random } from '../../../runtime/random.ts';
import { statusError } from '../connection/status-error.ts';
import type { KubeResponse, KubeTransport } from '../connection/transport.ts';

/** The local API, as all its small readers share it. */
export interface LocalConnection {
  readonly transport: KubeTransport;
  readonly clock: Clock;
  readonly random: Random;
}

/** GET of a collection that answers 200. @throws DatastoreError */
export async function getCollection(
  transport: KubeTransport,
  collection: LocalCollection,
  query: { readonly params: Readonly<Record<string, string>>; readonly what: string },
  signal: AbortSignal,
): Promise<KubeResponse> {
  const search = new URLSearchParams(query.params);
  const { labelSelector = '', fieldSelector = '' } = collection;
  if (labelSelector !== '') search.set('labelSelector', labelSelector);
  if (fieldSelector !== '') search.set('fieldSelector', fieldSelector);
  const response = await transport.get({ path: `${collection.path}?${search.toString()}`, signal });
  if (response.status !== 200) throw await statusError(response, query.what);
  return response;
}
