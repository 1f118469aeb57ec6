import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { Received } from '../../support/received.ts';
import { service, slice } from '../objects/fixtures.ts';
import { RealFeed } from './real-feed.ts';
import { running } from './server-fixture.ts';

interface Listed {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

interface Event {
  readonly type: string;
  readonly object: { readonly metadata?: { readonly name?: string }; readonly code?: number };
}

/** The events of a watch as they come, and its end. */
class Watcher {
  readonly summary = new Received<readonly string[]>();
  readonly ended: Promise<void>;

  constructor(message: IncomingMessage) {
    const lines = createInterface({ input: message });
    let all: readonly string[] = [];
    lines.on('line', (line) => {
      const { type, object } = JSON.parse(line) as Event;
      all = [...all, `${type} ${object.metadata?.name ?? object.code ?? ''}`.trim()];
      this.summary.push(all);
    });
    this.ended = new Promise((resolve) => lines.once('close', resolve));
  }

  until(...expected: readonly string[]): Promise<unknown> {
    return this.summary.until(expected.join(', '), (all) => JSON.stringify(all) === JSON.stringify(expected));
  }
}

describe('the feed from the index to the client', () => {
  it('continues a list as a watch', async (test) => {
    const feed = new RealFeed();
    feed.put('east', service(), service({ name: 'api' }));
    feed.put('west', service());
    feed.start(test);
    const { get, open } = await running(test, { feed: feed.store });
    const names: string[] = [];
    let token = '';
    let version = '';
    do {
      const page = JSON.parse(
        (await get(`/api/v1/services?limit=2&continue=${encodeURIComponent(token)}`)).text,
      ) as Listed;
      names.push(...page.items.map(({ metadata }) => metadata.name));
      assert.ok(version === '' || version === page.metadata.resourceVersion, 'one snapshot');
      version = page.metadata.resourceVersion;
      token = page.metadata.continue ?? '';
    } while (token !== '');
    assert.deepEqual(names.sort(), ['east.api', 'east.web', 'west.web']);
    feed.put('west', service({ name: 'new' }));
    const watcher = new Watcher(await open(`/api/v1/services?watch=1&resourceVersion=${version}`));
    feed.remove('east', service());
    await watcher.until('ADDED west.new', 'DELETED east.web');
  });

  it('begins a watch with what is there, and tells where that ends', async (test) => {
    const feed = new RealFeed();
    feed.put('east', service());
    feed.start(test);
    const { open } = await running(test, { feed: feed.store });
    const watcher = new Watcher(
      await open(
        '/clusters/east/api/v1/services?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan',
      ),
    );
    await watcher.until('ADDED web', 'BOOKMARK');
  });

  it('tells too old a revision in the stream of a watch, and as an answer to a list', async (test) => {
    const feed = new RealFeed();
    feed.put('east', service());
    feed.start(test);
    const { get, open } = await running(test, { feed: feed.store });
    const watcher = new Watcher(await open('/api/v1/services?watch=1&resourceVersion=12345'));
    await watcher.until('ERROR 410');
    await watcher.ended;
    const list = await get('/api/v1/services?resourceVersion=12345&resourceVersionMatch=Exact');
    assert.equal(list.status, 410);
    assert.match(list.text, /"reason":"Expired"/);
  });

  it('ends the view of a cluster that is removed', async (test) => {
    const feed = new RealFeed();
    feed.put('east', service(), slice());
    feed.put('west', service());
    feed.start(test);
    const { get, open } = await running(test, { feed: feed.store });
    const { metadata } = JSON.parse((await get('/clusters/east/api/v1/services')).text) as Listed;
    const query = `watch=1&resourceVersion=${metadata.resourceVersion}`;
    const own = new Watcher(await open(`/clusters/east/api/v1/services?${query}`));
    const merged = new Watcher(await open(`/api/v1/services?${query}`));
    await feed.drop('east');
    await own.until('DELETED web');
    await own.ended;
    await merged.until('DELETED east.web');
    const gone = await get('/clusters/east/api/v1/services');
    assert.equal(gone.status, 404);
    assert.match(gone.text, /remoteclusters.fedsyncd.io \\"east\\" not found/);
  });
});
