/** What the access to the feed reports of itself. No field ever holds a credential. */
export type FeedAccessEvent =
  | {
      /** Files changed and what they hold now is in use. */
      readonly event: 'feed.access.loaded';
      /** The options that name the files: `--feed-token-file`. */
      readonly what: string;
      readonly message: string;
    }
  | {
      /** Files changed and are not usable: what they held before stays in use. */
      readonly event: 'feed.access.rejected';
      readonly what: string;
      readonly message: string;
    }
  | {
      /** The local cluster's API does not answer reviews: clients that need one get 503. */
      readonly event: 'feed.review.failed';
      readonly review: ReviewKind;
      readonly message: string;
    }
  | { readonly event: 'feed.review.resumed'; readonly review: ReviewKind };

/** The APIs of the local cluster that the feed asks. */
export type ReviewKind = 'TokenReview' | 'SubjectAccessReview';

/** Must not throw and must not block. */
export type FeedAccessReporter = (event: FeedAccessEvent) => void;
