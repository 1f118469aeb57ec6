import type { DaemonEvent } from '../contract/event.ts';
import { LOCAL_CLUSTER_TEXT } from '../model/federation.ts';

export type LineLevel = 'debug' | 'info' | 'warn' | 'error';
type EventCode = DaemonEvent['event'];
type EventOf<E extends EventCode> = Extract<DaemonEvent, { readonly event: E }>;

/** How one kind of event becomes a log line. */
interface CatalogEntry<E extends EventCode> {
  /** What it means to an operator. */
  readonly help: string;
  /** In words, for the operators' page. */
  readonly levels: string;
  readonly level: (event: EventOf<E>) => LineLevel;
  readonly message: (event: EventOf<E>) => string;
}

function plain<E extends EventCode>(
  level: LineLevel,
  help: string,
  message: (event: EventOf<E>) => string,
): CatalogEntry<E> {
  return { help, levels: level, level: () => level, message };
}

/**
 * A first failure is ordinary life in a network; one that lasts needs a person. After the 10th only every doubling is
 * worth a line: the status and the metrics say that it still fails.
 */
function levelOfAttempt(attempt: number): LineLevel {
  if (attempt < 3) return 'info';
  if (attempt < 10) return 'warn';
  return attempt === 10 || Number.isInteger(Math.log2(attempt)) ? 'error' : 'debug';
}

const LEVELS_OF_ATTEMPT =
  'info; warn from the 3rd attempt, error at the 10th, 16th, 32nd, 64th and so on, debug between';

/** Every event code of the log: the operators' page is made from this table. */
export const EVENTS: { readonly [E in EventCode]: CatalogEntry<E> } = {
  'daemon.started': plain(
    'info',
    'The daemon runs; the ops server listens at `opsAddress`.',
    ({ version, opsAddress }) => `fedsyncd ${version} started, ops server at ${opsAddress}`,
  ),
  'daemon.stopping': plain(
    'info',
    'A signal asked the daemon to stop. Nothing is withdrawn.',
    ({ signal }) => `stopping on ${signal}`,
  ),
  'daemon.stopped': plain('info', 'The last line of an orderly stop.', () => 'stopped'),
  'daemon.ready': plain(
    'info',
    'Every source was listed once and every cluster tried once, or 30 s have passed.',
    () => 'ready',
  ),
  'source.listed': plain(
    'info',
    'A source of RCCs was listed completely.',
    ({ source, documents }) => `source ${source} holds ${documents} remote cluster configuration(s)`,
  ),
  'source.failed': plain(
    'warn',
    'A source of RCCs cannot be read; what it said last still holds.',
    ({ source, message }) => `source ${source}: ${message}`,
  ),
  'source.rejected': plain(
    'warn',
    'A document of a source cannot be read; the last state of its file still holds.',
    ({ source, origin, problem }) => `source ${source}: ${origin}: ${problem}`,
  ),
  'rcc.conflict': plain(
    'warn',
    'Two sources hold an RCC of this name; one is ignored.',
    ({ cluster, used, ignored }) =>
      `two configurations of ${cluster}: ${used} is used, ${ignored} is ignored`,
  ),
  'cluster.added': plain(
    'info',
    'A new RCC: a session starts.',
    ({ cluster, datastoreType }) =>
      `remote cluster ${cluster} added (${datastoreType ?? 'type not known yet'})`,
  ),
  'cluster.removed': plain(
    'info',
    'An RCC was deleted: its data is withdrawn.',
    ({ cluster }) => `remote cluster ${cluster} removed`,
  ),
  'cluster.reconfigured': plain(
    'info',
    'RCC, Secret or a file changed: a new session takes over from the old one.',
    ({ cluster, message }) => `remote cluster ${cluster}: ${message}`,
  ),
  'cluster.status': {
    help: 'The status of a remote cluster changed.',
    levels: 'info; warn for NotConnecting and ConfigIncomplete',
    level: ({ status }) => (status === 'NotConnecting' || status === 'ConfigIncomplete' ? 'warn' : 'info'),
    message: ({ cluster, status, reason, message }) =>
      `${cluster === LOCAL_CLUSTER_TEXT ? 'the local cluster' : `remote cluster ${cluster}`} is ${status} (${reason}): ${message}`,
  },
  'resource.listed': plain(
    'info',
    'A complete list of one resource of a remote cluster is in the index.',
    ({ cluster, resource, objects, durationMs, cause }) =>
      `${cluster}: listed ${objects} ${resource} in ${Math.round(durationMs)} ms (${cause})`,
  ),
  'datastore.failed': {
    help: 'A datastore of a remote cluster cannot be reached; it is tried again.',
    levels: LEVELS_OF_ATTEMPT,
    level: ({ attempt }) => levelOfAttempt(attempt),
    message: ({ cluster, datastore, message, attempt, retryInMs }) =>
      `${cluster}: ${datastore}: ${message} (attempt ${attempt}, next in ${Math.round(retryInMs)} ms)`,
  },
  'resource.failed': {
    help: 'A list or watch of one resource failed and is tried again.',
    levels: LEVELS_OF_ATTEMPT,
    level: ({ attempt }) => levelOfAttempt(attempt),
    message: ({ cluster, resource, message, attempt, retryInMs }) =>
      `${cluster}: ${resource}: ${message} (attempt ${attempt}, next in ${Math.round(retryInMs)} ms)`,
  },
  'resource.resumed': plain(
    'info',
    'A watch that had failed goes on where it stopped.',
    ({ cluster, resource }) => `${cluster}: watch of ${resource} resumed`,
  ),
  'object.skipped': plain(
    'warn',
    'An object of a remote cluster cannot be read or is too large; the others go on.',
    ({ cluster, resource, where, reason }) => `${cluster}: ${resource}: skipped ${where}: ${reason}`,
  ),
  'budget.exceeded': plain(
    'warn',
    'A remote cluster holds more objects than --max-objects-per-cluster; new ones are left out.',
    ({ cluster, limit }) => `remote cluster ${cluster} holds more than ${limit} objects`,
  ),
  'pools.overlap': plain(
    'warn',
    'IP pools of two clusters overlap.',
    ({ cluster, message }) => `${cluster}: ${message}`,
  ),
  'controller.started': plain(
    'info',
    'The federated services controller runs.',
    ({ output, dryRun }) => `federated services are written as ${output}${dryRun ? ', dry run' : ''}`,
  ),
  'local.failed': plain(
    'warn',
    'Something of the local cluster that the controller needs cannot be read; what it said before still holds.',
    ({ what, message }) => `local cluster: ${what}: ${message}`,
  ),
  'service.warning': plain(
    'warn',
    'What the owner of a federated service must know; also an Event of the Service.',
    ({ namespace, service, reason, message }) => `service ${namespace}/${service}: ${reason}: ${message}`,
  ),
  'write.accepted': plain(
    'debug',
    'The local cluster took a write.',
    ({ op, kind, namespace, object }) => `${op} ${kind} ${namespace}/${object}: accepted`,
  ),
  'write.planned': plain(
    'info',
    'Dry run: a write that would be made now.',
    ({ op, kind, namespace, object }) => `${op} ${kind} ${namespace}/${object}: not sent, dry run`,
  ),
  'write.refused': {
    help: 'A write to the local cluster was not accepted and is tried again.',
    levels: LEVELS_OF_ATTEMPT,
    level: ({ attempt }) => levelOfAttempt(attempt),
    message: ({ op, kind, namespace, object, problem, message, retryInMs, attempt }) =>
      `${op} ${kind} ${namespace}/${object}: ${problem}: ${message} (attempt ${attempt}, next in ${Math.round(retryInMs)} ms)`,
  },
  'kubernetes.events.failed': plain(
    'warn',
    'Kubernetes Events cannot be written; everything else goes on.',
    ({ message }) => `Kubernetes Events cannot be written: ${message}`,
  ),
  'leader.acquired': plain(
    'info',
    'This daemon holds the Lease and writes.',
    ({ lease, identity }) => `${identity} holds the Lease ${lease} and writes`,
  ),
  'leader.lost': plain(
    'warn',
    'This daemon writes no more: it could not renew the Lease, or another took it.',
    ({ lease, message }) => `the Lease ${lease} is lost: ${message}`,
  ),
  'leader.released': plain(
    'info',
    'This daemon gave the Lease back.',
    ({ lease }) => `the Lease ${lease} is given back`,
  ),
  'leader.changed': plain(
    'info',
    'The Lease names another holder.',
    ({ lease, holder }) => `the Lease ${lease} is held by ${holder ?? 'nobody'}`,
  ),
  'lease.failed': plain(
    'warn',
    'The Lease cannot be read or written; it is tried again.',
    ({ lease, problem, message }) => `the Lease ${lease}: ${problem}: ${message}`,
  ),
  'lease.resumed': plain(
    'info',
    'The Lease can be read and written again.',
    ({ lease }) => `the Lease ${lease} can be used again`,
  ),
  'feed.started': plain(
    'info',
    'The feed is served.',
    ({ feedAddress, access }) => `the feed is served at ${feedAddress}, ${access}`,
  ),
  'feed.access.loaded': plain(
    'info',
    'Files of the feed changed and are in use.',
    ({ what, message }) => `feed: ${what}: ${message}`,
  ),
  'feed.access.rejected': plain(
    'warn',
    'Files of the feed changed and cannot be used; what they held before stays in use.',
    ({ what, message }) => `feed: ${what}: ${message}`,
  ),
  'feed.review.failed': plain(
    'warn',
    'The local cluster does not answer reviews: clients of the feed that need one get 503.',
    ({ review, message }) => `feed: ${review}: ${message}`,
  ),
  'feed.review.resumed': plain(
    'info',
    'The local cluster answers reviews again.',
    ({ review }) => `feed: ${review}: answered again`,
  ),
  'internal.error': plain(
    'error',
    'An error in fedsyncd itself. Please report it.',
    ({ message }) => `internal error: ${message}`,
  ),
};

/** The line of an event: its level and its sentence. */
export function describeEvent<E extends EventCode>(
  event: EventOf<E> & { readonly event: E },
): { readonly level: LineLevel; readonly message: string } {
  const entry: CatalogEntry<E> = EVENTS[event.event];
  return { level: entry.level(event), message: entry.message(event) };
}
