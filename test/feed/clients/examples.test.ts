import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until, within } from '../../rig/deadline.ts';
import { endsWithTest } from '../../rig/server-process.ts';
import { withServers } from '../../rig/suite.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { labels, slice } from '../objects/fixtures.ts';
import { FeedWorld } from './feed-world.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const WEB = slice({ name: 'web-1', labels: labels({ 'kubernetes.io/service-name': 'web' }) });

interface Running {
  readonly world: FeedWorld;
  readonly printed: () => string;
}

/** The example beside a feed with one slice. */
async function running(test: TestContext, command: readonly string[], path = ''): Promise<Running> {
  const world = await FeedWorld.start({ clusters: [] });
  world.addEmptyCluster('east');
  world.put('east', 'endpointslices', WEB);
  const kubeconfig = join(await tempDirectory(test), 'kubeconfig');
  await writeFile(kubeconfig, world.kubeconfig());
  const [file = '', ...args] = [...endsWithTest, ...command];
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    PATH: `${path}${delimiter}${process.env['PATH'] ?? ''}`,
  };
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  }
  test.after(async () => {
    await end(child);
    await world.close();
  });
  return { world, printed: () => text };
}

/** With what it started itself. */
async function end(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => resolve());
  process.kill(-(child.pid ?? 0), 'SIGKILL');
  await within('the end of the example', promise);
}

/**
 * Node 24 sometimes spins for ever in its own cleanup at exit after the pipes of a killed group were closed (uv_run in
 * CleanupHandles, seen in profiles). Everything is over by then, and the last to be told of the exit skips that cleanup.
 */
process.once('beforeExit', () => process.on('exit', () => process.exit()));

describe('examples/consumer.ts', () => {
  it('prints what comes, changes and goes, also over a restart of the feed', async (test) => {
    const { world, printed } = await running(test, [process.execPath, join(EXAMPLES, 'consumer.ts')]);
    const has = async (line: string): Promise<void> => {
      await until(line, () => printed().includes(`${line}\n`)).catch(() => assert.fail(printed()));
    };
    await has('+ shop/east.web of east: 10.0.0.1');
    const [endpoint] = WEB.endpoints;
    assert.ok(endpoint !== undefined);
    world.put('east', 'endpointslices', { ...WEB, endpoints: [{ ...endpoint, ready: false }] });
    await has('~ shop/east.web of east: nothing ready');
    await world.restart();
    world.put('east', 'endpointslices', { ...WEB, endpoints: [{ ...endpoint, addresses: ['10.0.0.2'] }] });
    await has('~ shop/east.web of east: 10.0.0.2');
    world.apply('east', 'endpointslices', [{ op: 'delete', key: WEB }]);
    await has('- shop/east.web of east: 10.0.0.2');
  });
});

withServers('examples/watch.sh', ['kubectl'], (rig) => {
  it('prints the slices of a cluster and each change, also over a restart of the feed', async (test) => {
    const kubectl = dirname(rig.binary('kubectl'));
    const { world, printed } = await running(test, [join(EXAMPLES, 'watch.sh'), 'east'], kubectl);
    const has = (line: RegExp): Promise<true> => until(String(line), () => line.test(printed()));
    await has(/^ADDED +shop +east\.web-1 +IPv4 /m);
    await world.restart();
    world.apply('east', 'endpointslices', [{ op: 'delete', key: WEB }]);
    world.put('east', 'endpointslices', { ...WEB, name: 'web-2' });
    await has(/^ADDED +shop +east\.web-2 +IPv4 /m);
  });
});
