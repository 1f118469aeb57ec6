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
import { assertHoldsIndex } from './go-equality.ts';

/** Of a fleet with 50 changes a second for an hour. */
const CHANGES = 180_000;
const CHECKS = 6;
const HISTORY_BYTES = 16 << 20;

withServers('an hour of changes in a quarter of a minute', ['feed-client'], (rig) => {
  const clients: GoClient[] = [];
  let world: FeedWorld | undefined;
  after(async () => {
    for (const client of clients) client.stop();
    await world?.close();
  });

  it("leaves Go's stock informers equal to the index, beside a reader that stands still", async () => {
    world = await FeedWorld.start({ seed: 60, journal: { historyBytes: HISTORY_BYTES, graceMs: 500 } });
    const feed = world;
    const kubeconfig = join(await rig.directory(), 'kubeconfig');
    await writeFile(kubeconfig, feed.kubeconfig());
    const common = { binary: rig.binary('feed-client'), kubeconfig };
    clients.push(
      ...(await Promise.all([
        GoClient.start({
          ...common,
          mode: 'typed',
          resources: ['services', 'endpointslices'],
          watchList: true,
        }),
        GoClient.start({
          ...common,
          mode: 'dynamic',
          resources: ['workloadendpoints', 'remoteclusters'],
          watchList: false,
        }),
      ])),
    );
    const reader = stalledReader(feed.port);
    let cutOff = 0;
    let largest = 0;
    try {
      await until('its watch', () => feed.server.stats().watches === 5);
      for (let check = 1; check <= CHECKS; check++) {
        const until = feed.index.revision + CHANGES / CHECKS / 2.4;
        while (feed.index.revision < until) {
          for (let i = 0; i < 10; i++) feed.churn();
          largest = Math.max(largest, feed.store.stats().ringBytes);
          await turn();
        }
        cutOff += feed.store.stats().watchesEndedTotal.slow;
        if (check === 3) await feed.restart();
        else if (check < CHECKS) feed.cut();
        await Promise.all(clients.map((client) => assertHoldsIndex(client, feed)));
      }
    } finally {
      reader.destroy();
    }
    assert.ok(cutOff > 0, 'who does not read is cut off');
    assert.ok(largest < 1.5 * HISTORY_BYTES, `the history took ${largest} bytes`);
    assert.deepEqual(feed.faults, []);
  });
});

/** Asks for everything and takes nothing. */
function stalledReader(port: number): ReturnType<typeof connect> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(
    `GET /apis/projectcalico.org/v3/workloadendpoints?watch=true HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
  );
  return socket;
}
