import { createHash } from 'node:crypto';
import type { JsonObject } from '../../model/json-field.ts';
import { printable } from '../../model/printable.ts';
import { ALLOWED, type Decision, type ResourceAttributes } from './feed-attributes.ts';
import type { FeedUser } from './feed-user.ts';
import { type ReviewCounts, ReviewDesk, type ReviewDeps } from './review-desk.ts';

const RULES = {
  review: 'SubjectAccessReview',
  path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
  grantedMs: 60_000,
  refusedMs: 10_000,
} as const;

/** One group for all that the feed serves: rights on the local cluster's own services grant nothing here. */
const REVIEW_GROUP = 'fedsyncd.io';
/** `endpointslices/cluster` with the resource name `east` = the EndpointSlices in the view of the cluster east. */
const CLUSTER_SUBRESOURCE = 'cluster';

/**
 * Asks the local cluster's RBAC. The merged view is the resource `fedsyncd.io/<plural>`; the view of one cluster is the
 * subresource `<plural>/cluster` with the cluster as the resource name, so that a Role can grant some clusters only. Who may
 * read a resource in the merged view may read it in each cluster's: it is the same data.
 */
export class AccessReviewer {
  readonly #desk: ReviewDesk<Decision>;

  constructor(deps: ReviewDeps) {
    this.#desk = new ReviewDesk(RULES, deps);
  }

  get counts(): ReviewCounts {
    return this.#desk.counts;
  }

  /** @throws the signal's reason */
  decide(user: FeedUser, attributes: ResourceAttributes, signal: AbortSignal): Promise<Decision> {
    const subject = subjectOf(user);
    const questions = questionsOf(attributes);
    return this.#desk.answer(
      keyOf([subject, questions]),
      async (ask) => {
        for (const resourceAttributes of questions) {
          const status = await ask({ ...subject, resourceAttributes });
          if (status['allowed'] === true) return { granted: true, value: ALLOWED };
          // Not merely nobody who allows it: something forbids it.
          if (status['denied'] === true) break;
        }
        return { granted: false, value: { outcome: 'denied', reason: denial(user, attributes) } };
      },
      signal,
    );
  }
}

function subjectOf({ name, uid, groups, extra }: FeedUser): JsonObject {
  return {
    user: name,
    groups,
    ...(uid !== '' && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** Each is enough. The narrower first: what it forbids by name stays forbidden. */
function questionsOf({
  verb,
  resource,
  namespace,
  name,
  cluster,
}: ResourceAttributes): readonly JsonObject[] {
  const common = { group: REVIEW_GROUP, version: 'v1alpha1', resource, verb };
  // As the API server sees it: a namespace is in itself, so a Role in it may grant it.
  const within = resource === 'namespaces' ? name : namespace;
  const merged = { ...common, namespace: within };
  if (cluster === undefined) return [{ ...merged, name }];
  // Names differ between the views: only a right on all objects of the merged view covers one of a cluster's.
  return [{ ...merged, subresource: CLUSTER_SUBRESOURCE, name: cluster }, merged];
}

/** A digest, since users and names may be long. */
function keyOf(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64');
}

/** In the words of the API server, so that people and tools know them. */
function denial(user: FeedUser, { verb, resource, namespace, name, cluster }: ResourceAttributes): string {
  const plural = cluster === undefined ? resource : `${resource}/${CLUSTER_SUBRESOURCE}`;
  const object = cluster ?? name;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quoted(namespace)}`;
  return (
    `${resource}.${REVIEW_GROUP}${object === '' ? '' : ` ${quoted(object)}`} is forbidden: User ${quoted(user.name)} cannot ${verb} ` +
    `resource ${quoted(plural)} in API group ${quoted(REVIEW_GROUP)} ${where}`
  );
}

const MAX_QUOTED = 300;

function quoted(text: string): string {
  const clean = printable(text);
  return JSON.stringify(clean.length > MAX_QUOTED ? `${clean.slice(0, MAX_QUOTED)}…` : clean);
}
