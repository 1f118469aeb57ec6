import type { Reporter } from '../contract/event.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ClusterData } from './cluster-data.ts';
import { CommitLog } from './commit-log.ts';
import { EndpointTable } from './endpoint-table.ts';
import { HostTable } from './host-table.ts';
import { ProfileKeys } from './profile-keys.ts';
import { RowSnapshots } from './row-snapshots.ts';

/** What the clusters of one index share. */
export class IndexCore {
  readonly clock: Clock;
  readonly report: Reporter;
  readonly commits: CommitLog;
  readonly endpoints: EndpointTable;
  readonly hosts: HostTable;
  readonly profileKeys = new ProfileKeys();
  readonly snapshots = new RowSnapshots();
  /** By name; and by the holder of their rows. */
  readonly clusters = new Map<string, ClusterData>();
  readonly byHolder = new Map<object, ClusterData>();
  /** When the batch at hand came, in milliseconds since the epoch. */
  now = 0;

  constructor(
    clock: Clock,
    report: Reporter,
    sizes: { readonly historyLength: number; readonly seed: number },
  ) {
    this.clock = clock;
    this.report = report;
    this.commits = new CommitLog(sizes.historyLength, report);
    this.endpoints = new EndpointTable(sizes.seed);
    this.hosts = new HostTable(this.endpoints.addresses);
  }
}
