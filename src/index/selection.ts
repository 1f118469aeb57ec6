import type { FoundEndpoint, Selection } from '../contract/lister.ts';
import type { Selector } from '../model/selector.ts';
import { yieldLoop } from '../runtime/yield.ts';
import type { ClusterData } from './cluster-data.ts';
import { readHost } from './endpoint-reader.ts';
import { readRow } from './row-reader.ts';
import type { IndexCore } from './index-core.ts';
import type { StoredObject } from './object-table.ts';
import { SelectorMemo } from './selector-memo.ts';

/** After so many milliseconds the event loop gets its turn. */
const SLICE_MS = 8;
/** Between two looks at the clock; a row looked at is 1, an endpoint built is BUILD_COST. */
const STEP = 8192;
const BUILD_COST = 16;

export interface SelectOptions {
  readonly cluster?: string;
  readonly limit?: number;
}

/**
 * One run of a selector over all endpoints. Each step sees whole commits; what changes while the run gives way to
 * others is seen where it is looked at later.
 */
export class SelectionRun {
  readonly #core: IndexCore;
  readonly #selector: Selector;
  readonly #memo: SelectorMemo;
  readonly #limit: number;
  readonly #found: FoundEndpoint[] = [];
  #count = 0;
  #until = 0;
  #work = 0;

  constructor(core: IndexCore, selector: Selector, limit: number) {
    this.#core = core;
    this.#selector = selector;
    this.#limit = limit;
    this.#memo = new SelectorMemo(selector, core.endpoints.templates, core.profileKeys);
  }

  /** Over all clusters, or the one of that name. */
  async run(cluster: string | undefined): Promise<Selection> {
    const stopWatching = this.#core.endpoints.templates.watch(this.#memo);
    try {
      this.#until = this.#core.clock.monotonic() + SLICE_MS;
      for (const each of Array.from(this.#core.clusters.values())) {
        if (cluster === undefined || each.name === cluster) await this.#scanCluster(each);
      }
      return { count: this.#count, endpoints: this.#found };
    } finally {
      stopWatching();
    }
  }

  /** Page by page: cluster by cluster, since what is inherited differs between them. */
  async #scanCluster(cluster: ClusterData): Promise<void> {
    const { holder } = cluster;
    this.#memo.enter(cluster);
    for (const page of holder.pages.slice()) {
      // A page may have gone to another cluster while this run gave way.
      if (page.holder === holder) this.#scanPage(page.base, page.base + page.fresh);
      if (this.#work > STEP && (await this.#giveWay())) this.#memo.enter(cluster);
    }
    for (const stored of cluster.objects.of('HostEndpoint')) this.#scanHost(cluster, stored);
  }

  #scanPage(from: number, to: number): void {
    const memo = this.#memo;
    const templates = this.#core.endpoints.rows.templatesOf(from, to);
    for (let at = 0; at < templates.length; at++) {
      if (memo.matches(templates[at] as number)) this.#takeRow(from + at);
    }
    this.#work += to - from;
  }

  #takeRow(row: number): void {
    this.#count++;
    if (this.#found.length >= this.#limit) return;
    this.#found.push(readRow(this.#core, row));
    this.#work += BUILD_COST;
  }

  #scanHost(cluster: ClusterData, stored: StoredObject): void {
    const { entry } = stored;
    if (entry.kind !== 'HostEndpoint') return;
    const { labels, profiles } = entry;
    const get = (name: string): string | undefined =>
      labels.get(name) ?? cluster.inherited.value(profiles, name);
    this.#work += BUILD_COST;
    if (!this.#selector.evaluate({ get })) return;
    this.#count++;
    const found = this.#found.length < this.#limit ? readHost(cluster, stored) : undefined;
    if (found !== undefined) this.#found.push(found);
  }

  /** True where others had a turn. */
  async #giveWay(): Promise<boolean> {
    this.#work = 0;
    const { clock } = this.#core;
    if (clock.monotonic() < this.#until) return false;
    await yieldLoop();
    this.#until = clock.monotonic() + SLICE_MS;
    return true;
  }
}
