import type { FeedPlural } from '../feed-resource.ts';

/** What somebody wants to do. */
export type FeedAttributes = ResourceAttributes | PathAttributes;

export interface ResourceAttributes {
  readonly kind: 'resource';
  readonly verb: 'get' | 'list' | 'watch';
  readonly resource: FeedPlural;
  /** '' = all namespaces, or a kind without namespaces. */
  readonly namespace: string;
  /** Of the one object: in the path, or chosen by the field selector `metadata.name=`. '' = any. */
  readonly name: string;
  /** The view that is read: one cluster's, or undefined = merged. */
  readonly cluster: string | undefined;
}

/** Discovery, version, health: `/apis/fedsyncd.io/v1alpha1`, without the `/clusters/NAME` of a view. */
export interface PathAttributes {
  readonly kind: 'path';
  readonly path: string;
}

/**
 * The outcome of authorization. `denied` → 403, `unavailable` → 503 with Retry-After. Reasons may be shown to the client.
 */
export type Decision =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'denied'; readonly reason: string }
  | { readonly outcome: 'unavailable'; readonly reason: string; readonly retryAfterMs: number };

export const ALLOWED: Decision = { outcome: 'allowed' };

const OPEN_PATHS = ['/version', '/healthz', '/livez', '/readyz', '/api', '/apis', '/openapi'];

/** Paths that show nothing of any cluster: everybody who was let in may read them. */
export function isOpenPath(path: string): boolean {
  return path === '/' || OPEN_PATHS.some((open) => path === open || path.startsWith(`${open}/`));
}
