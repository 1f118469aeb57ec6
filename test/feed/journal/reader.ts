import assert from 'node:assert/strict';
import type { FeedView } from '../../../src/feed/feed-object.ts';
import type { FeedPlural } from '../../../src/feed/feed-resource.ts';
import type { Recorder, Shown, ShownEvent } from './feed-rig.ts';
import type { FeedRig } from './feed-rig.ts';

/** What a reader follows, and how it starts. */
export interface ReaderPlan {
  readonly resource: FeedPlural;
  readonly view: FeedView;
  readonly namespace: string | undefined;
  readonly labelSelector: string;
  readonly start: 'list' | 'pages' | 'watch' | 'watchlist';
}

/**
 * A client as informers are: lists and watches, or watches from the start; goes on after a cut from the last version that it saw; starts again after
 * a 410. It holds every event against the rules: nothing is added twice, changed or deleted before it was added, no version
 * goes back, and no view shows what is another's.
 */
export class Reader {
  readonly plan: ReaderPlan;
  readonly held = new Map<string, Shown>();
  readonly #rig: FeedRig;
  #recorder: Recorder | undefined;
  /** Events of the recorder that are applied. */
  #read = 0;
  #version = '';
  /** The version that a watch went on from: what has it may come again. */
  #resumedFrom = '';
  #isInitial = false;
  restarts = 0;

  constructor(rig: FeedRig, plan: ReaderPlan) {
    this.#rig = rig;
    this.plan = plan;
  }

  get recorder(): Recorder | undefined {
    return this.#recorder;
  }

  /** Starts anew, forgetting everything. */
  async begin(): Promise<void> {
    this.close();
    this.held.clear();
    this.restarts++;
    this.#resumedFrom = '';
    this.#version = '';
    const { view, start } = this.plan;
    if (view.view === 'cluster' && !this.#rig.store.hasCluster(view.cluster)) return;
    if (start === 'list' || start === 'pages') {
      await this.#list(start === 'pages' ? 2 : 0);
      await this.#watch(this.#version);
    } else {
      this.#isInitial = true;
      await this.#watch('');
    }
  }

  /** Reads what came. If the watch is over it goes on, or starts again. */
  async follow(): Promise<void> {
    const recorder = this.#recorder;
    if (recorder === undefined) {
      await this.begin();
      return;
    }
    this.#apply(recorder, recorder.events.length);
    if (recorder.ended === undefined || this.#recorder !== recorder) return;
    if (recorder.ended === 'removed') {
      assert.equal(this.held.size, 0, 'everything of a removed cluster was deleted');
      assert.equal(this.plan.view.view, 'cluster');
      this.#recorder = undefined;
    } else if (recorder.ended === 'timeout') {
      await this.#resume();
    } else {
      await this.begin();
    }
  }

  /** The connection breaks after some of the events that are under way. */
  async cut(read: number): Promise<void> {
    const recorder = this.#recorder;
    if (recorder === undefined) return;
    recorder.watch?.close();
    const left = recorder.events.length - this.#read;
    this.#apply(recorder, this.#read + (left === 0 ? 0 : read % (left + 1)));
    if (this.#recorder === recorder) await this.#resume();
  }

  stall(): void {
    if (this.#recorder !== undefined) this.#recorder.isFull = true;
  }

  unstall(): void {
    this.#recorder?.resume();
  }

  close(): void {
    this.#recorder?.watch?.close();
    this.#recorder = undefined;
  }

  async #resume(): Promise<void> {
    const { view } = this.plan;
    const isGone = view.view === 'cluster' && !this.#rig.store.hasCluster(view.cluster);
    // In the middle of the first events nothing says where it was.
    if (isGone || this.#version === '' || this.#isInitial) {
      await this.begin();
      return;
    }
    this.#resumedFrom = this.#version;
    await this.#watch(this.#version);
  }

  async #list(limit: number): Promise<void> {
    const { start: _, ...request } = this.plan;
    let token = '';
    for (;;) {
      const page = await this.#rig.list({ ...request, limit, continue: token });
      assert.ok(this.#version === '' || this.#version === page.metadata.resourceVersion, 'pages of one list');
      this.#version = page.metadata.resourceVersion;
      for (const item of page.items) {
        this.#check(item);
        assert.ok(!this.held.has(keyOf(item)), 'listed once');
        assert.ok(BigInt(item.metadata.resourceVersion) <= BigInt(this.#version));
        this.held.set(keyOf(item), item);
      }
      token = page.metadata.continue ?? '';
      if (token === '') return;
    }
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { start, ...request } = this.plan;
    const watchList = start === 'watchlist' && resourceVersion === '';
    const initial = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } as const;
    this.#read = 0;
    this.#recorder = await this.#rig.watch({
      ...request,
      resourceVersion,
      allowWatchBookmarks: start !== 'watch',
      timeoutSeconds: start === 'list' ? 5 : undefined,
      ...(watchList && initial),
    });
  }

  #apply(recorder: Recorder, to: number): void {
    const { events } = recorder;
    for (; this.#read < to; this.#read++) {
      const event = events[this.#read] as ShownEvent;
      if (event.type === 'ERROR') {
        assert.equal(event.object.code, 410);
        assert.equal(this.#read, events.length - 1, 'the last');
        assert.ok(recorder.ended === 'expired' || recorder.ended === 'slow' || recorder.ended === undefined);
        return;
      }
      if (event.type === 'BOOKMARK') {
        if (event.object.metadata.annotations !== undefined) this.#isInitial = false;
        this.#advance(event.object);
      } else {
        this.#change(event);
      }
    }
    // Without bookmarks a watch does not say where its first events end; all that came in one go is enough here.
    if (this.plan.start === 'watch' && this.#read > 0 && recorder.events.length === this.#read)
      this.#isInitial = false;
  }

  #change({ type, object }: ShownEvent): void {
    this.#check(object);
    const key = keyOf(object);
    const known = this.held.get(key);
    const isAgain = object.metadata.resourceVersion === this.#resumedFrom;
    if (type === 'ADDED') assert.ok(known === undefined || isAgain, `${key} is added twice`);
    else assert.ok(known !== undefined || isAgain, `${key} is not known and ${type}`);
    if (known !== undefined && !isAgain) {
      assert.ok(BigInt(known.metadata.resourceVersion) < BigInt(object.metadata.resourceVersion), 'newer');
    }
    if (type === 'DELETED') this.held.delete(key);
    else this.held.set(key, object);
    // First events come in any order.
    if (!this.#isInitial) this.#advance(object);
    else if (BigInt(object.metadata.resourceVersion) > BigInt(this.#version || '0')) {
      this.#version = object.metadata.resourceVersion;
    }
  }

  #advance({ metadata: { resourceVersion } }: Shown): void {
    assert.ok(BigInt(resourceVersion) >= BigInt(this.#version || '0'), 'versions do not go back');
    this.#version = resourceVersion;
  }

  #check({ metadata }: Shown): void {
    const { view, namespace } = this.plan;
    if (namespace !== undefined) assert.equal(metadata.namespace, namespace);
    const origin = metadata.labels?.['origin'];
    if (origin === undefined) return;
    if (view.view === 'cluster') assert.equal(origin, view.cluster, 'nothing of another cluster');
    else assert.ok(metadata.name.startsWith(origin), 'named after its cluster');
  }
}

export function keyOf({ metadata }: Shown): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
