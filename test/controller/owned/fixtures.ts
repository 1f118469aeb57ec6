import { sliceToCreate } from '../../../src/controller/owned/slice-to-json.ts';
import type { SliceContent } from '../../../src/controller/plan/edit.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { endpoint, http, metrics } from '../plan/fixtures.ts';

export const longCluster = `${'long-'.repeat(20)}cluster`;

/** A slice that uses every field. */
export function contentOf(more: Partial<SliceContent> = {}): SliceContent {
  return {
    namespace: 'shop',
    name: 'web-0',
    service: 'web',
    serviceUid: 'uid-1',
    cluster: 'east',
    family: 'IPv4',
    ports: [http, { ...metrics, appProtocol: 'kubernetes.io/h2c' }],
    endpoints: [
      endpoint('10.0.0.1', {
        zone: 'z1',
        nodeName: 'n1',
        hostname: 'db-0',
        targetRef: { kind: 'Pod', namespace: 'shop', name: 'east/db-0', uid: 'pod-uid' },
      }),
      endpoint('10.0.0.2', { ready: false, serving: undefined, terminating: true }),
      endpoint('10.0.0.3', { ready: undefined, serving: undefined, terminating: undefined }),
    ],
    ...more,
  };
}

/** The object as the server holds it. */
export function stored(
  content: SliceContent,
  { uid = `uid of ${content.name}`, resourceVersion = '7' } = {},
): JsonObject {
  const object = sliceToCreate(content);
  return { ...object, metadata: { ...(object['metadata'] as JsonObject), uid, resourceVersion } };
}
