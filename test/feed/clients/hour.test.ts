import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import { FeedWorld } from './feed-world.ts';
import { GoClient } from './go-client.ts';
import type { GoClientOptions } from './go-client.ts';
import { assertHoldsIndex } from './go-equality.ts';
import { CHURNED } from './random-objects.ts';

/** `FEED_HOUR=full`: 300 changes a second for an hour, and every informer by WatchList and by list and watch. Takes some minutes. */
const IS_FULL = process.env['FEED_HOUR'] === 'full';
/** Else of a fleet with 50 changes a second. */
const CHANGES = 3600 * (IS_FULL ? 300 : 50);
const CHECKS = IS_FULL ? 36 : 6;
/** Where connections break again and again, client-go waits between two lists for up to a minute. */
const CATCH_UP_MS = IS_FULL ? 90_000 : 30_000;
/** In the middle of changes; another cut is at the end of nearly every part. */
const isCut = (check: number): boolean => (IS_FULL ? check % 2 === 0 : check === 2);
const HISTORY_BYTES = 8 << 20;

const INFORMERS = [
  { mode: 'typed', resources: ['services', 'endpointslices'], watchList: true },
  { mode: 'dynamic', resources: ['workloadendpoints', 'remoteclusters'], watchList: false },
  { mode: 'metadata', resources: ['hostendpoints', 'workloadendpoints'], watchList: true },
  { mode: 'cache', resources: ['services', 'profiles', 'ippools'], watchList: false },
] as const satisfies readonly Informer[];
type Informer = Pick<GoClientOptions, 'mode' | 'resources' | 'watchList'>;

function informers(): readonly Informer[] {
  if (!IS_FULL) return INFORMERS;
  return INFORMERS.flatMap((informer) =>
    [true, false].map((watchList): Informer => {
      const { mode } = informer;
      const resources = mode === 'metadata' || mode === 'cache' ? CHURNED : informer.resources;
      return { mode, resources, watchList };
    }),
  );
}

withServers('an hour of changes in half a minute', ['feed-client'], (rig) => {
  const clients: GoClient[] = [];
  let world: FeedWorld | undefined;
  after(async () => {
    for (const client of clients) client.stop();
    await world?.close();
  });

  it("leaves Go's stock informers equal to the index, beside a reader that stands still", async (test) => {
    world = await FeedWorld.start({ seed: 60, journal: { historyBytes: HISTORY_BYTES, graceMs: 500 } });
    const feed = world;
    const kubeconfig = join(await rig.directory(), 'kubeconfig');
    await writeFile(kubeconfig, feed.kubeconfig());
    const common = { binary: rig.binary('feed-client'), kubeconfig };
    clients.push(
      ...(await Promise.all(informers().map((informer) => GoClient.start({ ...common, ...informer })))),
    );
    const reader = stalledReader(feed.port);
    let cutOff = 0;
    let largest = 0;
    const first = feed.changes;
    /** So many parts of all changes. */
    const churnTo = async (parts: number): Promise<void> => {
      while (feed.changes - first < (CHANGES * parts) / CHECKS) {
        for (let i = 0; i < 10; i++) feed.churn();
        largest = Math.max(largest, feed.store.stats().ringBytes);
        await turn();
      }
    };
    try {
      const watches = clients.reduce((sum, { options }) => sum + options.resources.length, 1);
      await until('its watch', () => feed.server.stats().watches === watches);
      for (let check = 1; check <= CHECKS; check++) {
        await churnTo(check - 0.5);
        if (isCut(check)) feed.cut();
        if (check % 6 === 4) await feed.removeCluster('west');
        if (check % 6 === 5) feed.addCluster('west');
        await churnTo(check);
        cutOff += feed.store.stats().watchesEndedTotal.slow;
        if (check % 6 === 3) await feed.restart();
        else if (check < CHECKS) feed.cut();
        await Promise.all(clients.map((client) => assertHoldsIndex(client, feed, CATCH_UP_MS)));
      }
    } finally {
      reader.destroy();
    }
    test.diagnostic(`${feed.changes - first} changes, ${clients.length} clients, history ${largest} bytes`);
    assert.ok(cutOff > 0, 'who does not read is cut off');
    assert.ok(largest < 1.5 * HISTORY_BYTES, `the history took ${largest} bytes`);
    assert.deepEqual(feed.faults, []);
  });
});

/** Asks for everything in the longest form and takes nothing: more must come than the kernel holds. */
function stalledReader(port: number): ReturnType<typeof connect> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    `GET /apis/projectcalico.org/v3/workloadendpoints?watch=true&includeObject=Object HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json;as=Table;v=v1;g=meta.k8s.io\r\n\r\n`,
  );
  return socket;
}
