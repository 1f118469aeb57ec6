import type { JsonObject } from '../../model/json-field.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import { metadataJson } from './object-json.ts';

/** `PartialObjectMetadata` of meta.k8s.io/v1: any object without spec and status. */
export function partialJson(object: FeedObject, view: FeedView, resourceVersion: string): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: metadataJson(object, view, resourceVersion),
  };
}
