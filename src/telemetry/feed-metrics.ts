import type { FeedView } from '../contract/feed-view.ts';
import type { MetricDefinition } from './metrics-view.ts';
import { optionalMetrics } from './optional-metrics.ts';

const feed = optionalMetrics((view) => view.feed);

function each(
  definition: Pick<MetricDefinition, 'name' | 'help' | 'type'> & { readonly label: string },
  counts: (view: FeedView) => Readonly<Record<string, number>>,
): MetricDefinition {
  const { label, ...rest } = definition;
  return feed.of({ ...rest, labels: [label] }, function* (view) {
    for (const [key, count] of Object.entries(counts(view))) yield [{ [label]: key }, count];
  });
}

/** The feed. */
export const FEED_METRICS: readonly MetricDefinition[] = [
  feed.single('fedsyncd_feed_connections', 'Open connections of clients.', ({ connections }) => connections),
  each(
    {
      name: 'fedsyncd_feed_connections_total',
      type: 'counter',
      help: 'Connections of clients, by protocol.',
      label: 'protocol',
    },
    ({ connectionsTotal }) => connectionsTotal,
  ),
  feed.single(
    'fedsyncd_feed_requests_in_flight',
    'Requests that are being answered, without watches.',
    ({ requestsInFlight }) => requestsInFlight,
  ),
  feed.of(
    {
      name: 'fedsyncd_feed_requests_total',
      type: 'counter',
      help: 'Requests by what they asked for and the HTTP status of the answer; code 0: the client left before.',
      labels: ['verb', 'resource', 'code'],
    },
    function* ({ requestsTotal }) {
      for (const { verb, resource, code, count } of requestsTotal) {
        yield [{ verb, resource, code: String(code) }, count];
      }
    },
  ),
  feed.single(
    'fedsyncd_feed_sent_bytes_total',
    'Bytes of answers, after compression.',
    ({ bytesSentTotal }) => bytesSentTotal,
    'counter',
  ),
  each(
    {
      name: 'fedsyncd_feed_rejected_total',
      type: 'counter',
      help: 'Clients and requests that were turned away, by the limit or fault.',
      label: 'reason',
    },
    ({ rejectedTotal }) => rejectedTotal,
  ),
  each(
    {
      name: 'fedsyncd_feed_cut_off_total',
      type: 'counter',
      help: 'Answers that were cut off: the reader took nothing, fell behind the history, or took too long.',
      label: 'reason',
    },
    ({ cutOffTotal }) => cutOffTotal,
  ),
  each(
    { name: 'fedsyncd_feed_watches', type: 'gauge', help: 'Open watches.', label: 'resource' },
    ({ watches }) => watches,
  ),
  each(
    {
      name: 'fedsyncd_feed_watches_ended_total',
      type: 'counter',
      help: 'Watches that ended, by why.',
      label: 'reason',
    },
    ({ watchesEndedTotal }) => watchesEndedTotal,
  ),
  feed.single(
    'fedsyncd_feed_history_events',
    'Events that watches can still be served from.',
    ({ ringEvents }) => ringEvents,
  ),
  feed.single(
    'fedsyncd_feed_history_bytes',
    'Memory of these events, estimated.',
    ({ ringBytes }) => ringBytes,
  ),
  feed.single(
    'fedsyncd_feed_changes_total',
    'Changes of the merged picture that the feed took in.',
    ({ changesTotal }) => changesTotal,
    'counter',
  ),
  feed.single(
    'fedsyncd_feed_events_total',
    'Events made of them, each once, however many watch.',
    ({ eventsTotal }) => eventsTotal,
    'counter',
  ),
  feed.single(
    'fedsyncd_feed_encoded_bytes_total',
    'Bytes encoded for watches, each once, however many watch.',
    ({ encodedBytesTotal }) => encodedBytesTotal,
    'counter',
  ),
  feed.single(
    'fedsyncd_feed_snapshots',
    'Lists under way and continue tokens that live.',
    ({ snapshots }) => snapshots,
  ),
  feed.single(
    'fedsyncd_feed_snapshots_dropped_total',
    'Continue tokens that were given up early, because there were too many.',
    ({ snapshotsDroppedTotal }) => snapshotsDroppedTotal,
    'counter',
  ),
  each(
    {
      name: 'fedsyncd_feed_authentications_total',
      type: 'counter',
      help: 'Authentications by method; "refused" and "unavailable" are failures.',
      label: 'method',
    },
    ({ authenticationsTotal }) => authenticationsTotal,
  ),
  each(
    {
      name: 'fedsyncd_feed_decisions_total',
      type: 'counter',
      help: 'Authorizations by outcome.',
      label: 'outcome',
    },
    ({ decisionsTotal }) => decisionsTotal,
  ),
  feed.single(
    'fedsyncd_feed_rejected_files',
    'Sets of files (certificates, tokens) whose present content cannot be used.',
    ({ rejectedFiles }) => rejectedFiles,
  ),
  feed.of(
    {
      name: 'fedsyncd_feed_certificate_not_after_timestamp_seconds',
      help: 'When the serving certificate expires.',
    },
    ({ certificateNotAfter }) => (certificateNotAfter === null ? [] : [[{}, certificateNotAfter / 1000]]),
  ),
];
