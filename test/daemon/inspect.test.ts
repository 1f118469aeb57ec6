import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../rig/deadline.ts';
import { pod } from '../support/calico-objects.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { replaceFile } from './remote-fixture.ts';

describe('the daemon on an export (--inspect)', () => {
  it('explains what is in it, follows its files, and needs no cluster at all', async (test) => {
    const directory = await tempDirectory(test);
    const list = (ip: string): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [{ ...pod({ namespace: 'shop', name: 'web', node: 'node-1', ip }) }],
      });
    await writeFile(join(directory, 'pods.json'), list('10.80.0.1'));
    await writeFile(join(directory, 'broken.yaml'), 'kind: [');
    const daemon = await DaemonProcess.start(['--inspect', `case-7=${directory}`]);
    test.after(() => daemon.stop());
    await daemon.untilStatus('case-7', 'InSync');
    const cluster = await daemon.cluster('case-7');
    assert.equal(cluster?.datastoreType, 'file');
    assert.match(JSON.stringify([cluster?.skipped, cluster?.notes]), /broken\.yaml/);
    const owner = async (ip: string): Promise<string | undefined> =>
      (await daemon.explain(ip)).endpoints[0]?.workload;
    assert.equal(await owner('10.80.0.1'), 'web');
    await replaceFile(join(directory, 'pods.json'), list('10.80.0.2'));
    await until('the changed file', async () => (await owner('10.80.0.2')) === 'web');
    assert.equal(await owner('10.80.0.1'), undefined);
    assert.equal(await daemon.stop(), 0);
  });
});
