import assert from 'node:assert/strict';
import { it } from 'node:test';
import { openGate } from '../../../src/controller/election/open-gate.ts';
import { type EventReason, SERVICE_REASONS } from '../../../src/controller/events/event-reasons.ts';
import { EventRecorder } from '../../../src/controller/events/event-recorder.ts';
import { serviceReference } from '../../../src/controller/events/object-event.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import { connectTo } from '../election/real-api.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- an answer of any shape
type Answer = any;

withServers('EventRecorder on a real kube-apiserver', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  it('shows in kubectl describe of the Service and of an object without namespace', async () => {
    const server = await rig.kubeApiserver();
    await server.kubectl(['create', 'service', 'clusterip', 'web', '--tcp=80']);
    const { uid } = (await server.call('GET', '/api/v1/namespaces/default/services/web')).body.metadata;
    const web = serviceReference({ namespace: 'default', name: 'web', uid });
    const { api, close } = await connectTo(server);
    const recorder = new EventRecorder(api, {
      source: { component: 'fedsyncd', instance: 'fedsyncd-0' },
      gate: openGate('me', 5000),
      dryRun: false,
      clock: systemClock,
      random: systemRandom,
      limits: { repeatAfterMs: 0 },
      onFailure: (message) => assert.fail(message),
    });
    const stop = new AbortController();
    const done = recorder.run(stop.signal);
    try {
      const reasons = Object.keys(SERVICE_REASONS) as EventReason[];
      for (const reason of reasons) recorder.record({ object: web, reason, message: `why: ${reason}` });
      await until('written', () => recorder.counts.written === reasons.length);
      recorder.record({ object: web, reason: 'SliceRefused', message: 'why: SliceRefused' });
      await until('counted up', () => recorder.counts.written === reasons.length + 1);
      const described = await server.kubectl(['describe', 'service', 'web']);
      assert.match(described, /Type +Reason +Age +From +Message\n/);
      for (const reason of reasons) {
        const count = reason === 'SliceRefused' ? ' \\(x2 over \\w+\\)' : '';
        assert.match(described, new RegExp(`Warning +${reason} +\\w+${count} +fedsyncd +why: ${reason}\n`));
      }
      const { items } = (await server.call('GET', '/api/v1/namespaces/default/events')).body;
      const ours = items.filter((event: Answer) => event.source.component === 'fedsyncd');
      assert.ok(ours.every((event: Answer) => Date.parse(event.lastTimestamp) > Date.now() - 60_000));

      await server.applyCalicoCrds('projectcalico.org');
      const apiVersion = 'projectcalico.org/v3';
      const text = JSON.stringify({ apiVersion, kind: 'IPPool', metadata: { name: 'far' }, spec: {} });
      await server.apply({ text });
      const pool = (await server.call('GET', `/apis/${apiVersion}/ippools/far`)).body;
      const reference = { apiVersion, kind: 'IPPool', namespace: '', name: 'far', uid: pool.metadata.uid };
      recorder.record({ object: reference, reason: 'AnotherController', message: 'hello' });
      await until('written', () => recorder.queued === 0);
      const shown = await server.kubectl(['describe', 'ippools.projectcalico.org', 'far']);
      assert.match(shown, /Warning +AnotherController +\w+ +fedsyncd +hello\n/);
    } finally {
      stop.abort();
      await done;
      await close();
    }
  });
});
