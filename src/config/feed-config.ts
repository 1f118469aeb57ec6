import type { FeedCredentialOptions } from '../contract/feed-credential-options.ts';
import type { Address } from './option-value.ts';
import type { Values } from './parse.ts';

/** Where and to whom the feed is served. What goes together is checked by the feed itself. */
export interface FeedConfig extends FeedCredentialOptions {
  readonly address: Address;
  readonly limits: FeedBounds;
}

/** How many clients may ask for how much at one time. */
export interface FeedBounds {
  readonly connections: number;
  readonly requests: number;
  readonly watches: number;
  readonly watchesPerUser: number;
}

const OF_NO_USE_ALONE = [
  'feed-tls-cert-file',
  'feed-tls-key-file',
  'feed-client-ca-file',
  'feed-token-file',
  'feed-token-audience',
] as const;

/** undefined where no feed is asked for; appends options that would be ignored then. */
export function feedConfig(values: Values, problems: string[]): FeedConfig | undefined {
  const address = values['feed-address'];
  if (address === undefined) {
    for (const name of OF_NO_USE_ALONE) {
      if (values[name] !== undefined) problems.push(`--${name} is of no use without --feed-address`);
    }
    for (const name of ['feed-token-review', 'feed-anonymous'] as const) {
      if (values[name]) problems.push(`--${name} is of no use without --feed-address`);
    }
    return undefined;
  }
  return {
    address,
    tlsCertFile: values['feed-tls-cert-file'],
    tlsKeyFile: values['feed-tls-key-file'],
    clientCaFile: values['feed-client-ca-file'],
    tokenFile: values['feed-token-file'],
    tokenReview: values['feed-token-review'],
    tokenAudiences: values['feed-token-audience'] ?? [],
    authorization: values['feed-authorization'] as FeedConfig['authorization'],
    anonymous: values['feed-anonymous'],
    limits: {
      connections: values['feed-max-connections'],
      requests: values['feed-max-requests'],
      watches: values['feed-max-watches'],
      watchesPerUser: values['feed-max-watches-per-user'],
    },
  };
}
