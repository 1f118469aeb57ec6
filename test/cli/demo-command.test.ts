import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { startDaemon } from '../../src/daemon.ts';
import { ProcessFixture, fedsyncd } from './console-fixture.ts';
import type { Outcome } from './console-fixture.ts';

const SMALL = ['demo', '--clusters', '3', '--endpoints', '30', '--services', '3', '--seed', '7'];
const wiring = { startDaemon: (config: Parameters<typeof startDaemon>[0]) => startDaemon(config, {}) };

describe('demo', () => {
  it('shows a living fleet, and its hints work as printed', { timeout: 30_000 }, async () => {
    const process = new ProcessFixture();
    const commands: Promise<Outcome>[] = [];
    const onOutput = (text: string): void => {
      if (commands.length > 0 || !text.includes('Ctrl-C ends')) return;
      for (const [, line = ''] of text.matchAll(/^ {2}npx fedsyncd (.*)$/gm)) {
        commands.push(fedsyncd(line.split(' ').filter((word) => word !== '')));
      }
      void Promise.all(commands).then(() => process.send('SIGINT'));
    };
    const { code, out, err } = await fedsyncd([...SMALL, '--ops-address', '127.0.0.1:0'], {
      process,
      wiring,
      onOutput,
    });
    assert.equal(code, 0, err);
    assert.match(out, /^NAME +TYPE +STATUS/m);
    assert.match(out, /^east +kubernetes +InSync/m);
    assert.match(out, /^3 of 3 clusters in sync, \d+ endpoints, revision [1-9]/m);
    assert.equal(commands.length, 5);
    const [status, explain, service, plan] = await Promise.all(commands);
    assert.equal(status?.code, 0, status?.out);
    assert.equal(explain?.code, 0, explain?.out);
    assert.match(explain.out, /of cluster east\n/);
    assert.equal(service?.code, 0, service?.out);
    assert.match(service.out, /-everywhere is federated/);
    assert.match(service.out, /^ {4}east +\S+ +yes/m);
    assert.match(service.out, /; dry run$/m);
    assert.equal(plan?.code, 1, plan?.out);
    assert.match(plan.out, /^\+ create EndpointSlice \S+ \(service \S+, cluster east; add\)$/m);
    assert.match(plan.out, /to create, 0 to update, 0 to delete, for 3 federated services\.$/m);
    assert.match(out, /^ {2}export KUBECONFIG=\S+\.feed\.kubeconfig /m);
    const directory = /--rcc-directory (\S+)/.exec(out)?.[1] ?? '';
    assert.match(directory, /fedsyncd-demo-/);
    assert.ok(!existsSync(directory), 'the directory is removed');
    assert.equal(process.open, 0, 'signal handlers are given back');
  });

  it('ends by itself, and takes another port where the first is taken', { timeout: 30_000 }, async () => {
    const occupied = createServer();
    await new Promise<void>((resolve) => {
      occupied.listen(0, '127.0.0.1', resolve);
    });
    const address = `127.0.0.1:${(occupied.address() as AddressInfo).port}`;
    const { code, out } = await fedsyncd([...SMALL, '--duration', '1s', '--ops-address', address], {
      wiring,
    });
    occupied.close();
    assert.equal(code, 0);
    assert.match(out, /a daemon at 127\.0\.0\.1:\d+\./);
    assert.ok(!out.includes(address), out);
    assert.match(out, /The demo is over/);
  });

  it('refuses a fleet that does not fit', async () => {
    const { code, err } = await fedsyncd(['demo', '--clusters', '500', '--endpoints', '1000000'], { wiring });
    assert.equal(code, 2);
    assert.match(err, /^fedsyncd: --clusters 500 with --endpoints 1000000: /);
  });
});
