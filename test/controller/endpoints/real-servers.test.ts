import assert from 'node:assert/strict';
import { it } from 'node:test';
import { prepareLocalKubernetes } from '../../../src/adapters/kubernetes/connection/connect.ts';
import { standardHost } from '../../../src/adapters/kubernetes/host.ts';
import { KubernetesLocalApi } from '../../../src/adapters/kubernetes/local/local-api.ts';
import type { LocalApi, WriteOptions } from '../../../src/contract/local-api.ts';
import { endpointsCollectionPath } from '../../../src/controller/endpoints/endpoints-json.ts';
import { EndpointsWork } from '../../../src/controller/endpoints/endpoints-work.ts';
import { OwnedEndpointsStore } from '../../../src/controller/endpoints/owned-endpoints-store.ts';
import { planEndpoints } from '../../../src/controller/endpoints/plan-endpoints.ts';
import { servedBySlices, slicesToRetire } from '../../../src/controller/endpoints/slice-cover.ts';
import type { TakeOverState } from '../../../src/controller/endpoints/take-over.ts';
import { TakeOvers } from '../../../src/controller/endpoints/take-overs.ts';
import { OwnedSlices } from '../../../src/controller/owned/owned-slices.ts';
import { sliceToCreate, sliceToPatch } from '../../../src/controller/owned/slice-to-json.ts';
import type { DesiredService } from '../../../src/controller/plan/desired-service.ts';
import { plan } from '../../../src/controller/plan/plan.ts';
import { SliceWork } from '../../../src/controller/writer/slice-work.ts';
import type { Work } from '../../../src/controller/writer/work.ts';
import { endpointSliceFromJson } from '../../../src/model/endpoint-slice-json.ts';
import type { EndpointSlice } from '../../../src/model/endpoint-slice.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { desired, endpoint, part, port, remote, SELECTOR } from './fixture.ts';

const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const OBJECT = '/api/v1/namespaces/shop/endpoints/web';
const SERVICE = '/api/v1/namespaces/shop/services/web';
const LABEL = 'endpointslice.kubernetes.io/skip-mirror';

/** Every slice of the service as the API server shows them, and what its proxies could see at each moment. */
class Watched {
  readonly #slices = new Map<string, EndpointSlice>();
  /** The ready targets after each change, and how many slices they came from. */
  readonly moments: { readonly targets: string; readonly slices: number }[] = [];

  listed(objects: readonly JsonObject[]): void {
    this.#slices.clear();
    for (const object of objects) this.#put(object);
    this.#note();
  }

  changed(changes: Parameters<OwnedSlices['changed']>[0]): void {
    for (const change of changes) {
      if (change.op === 'put') this.#put(change.object);
      else this.#slices.delete(change.name);
      this.#note();
    }
  }

  failed(message: string): void {
    assert.fail(message);
  }

  get slices(): EndpointSlice[] {
    return [...this.#slices.values()];
  }

  /** `address:port`, with repetitions. */
  get targets(): string[] {
    return this.slices
      .flatMap(({ endpoints, ports }) =>
        endpoints
          .filter(({ ready }) => ready !== false)
          .flatMap(({ addresses }) =>
            addresses.flatMap((ip) => ports.map(({ port: number }) => `${ip}:${number}`)),
          ),
      )
      .sort();
  }

  #put(object: JsonObject): void {
    const slice = endpointSliceFromJson(object);
    this.#slices.set(slice.name, slice);
  }

  #note(): void {
    this.moments.push({ targets: [...new Set(this.targets)].join(' '), slices: this.#slices.size });
  }
}

/** What the controller does for one service, with the real parts. */
class Service {
  readonly api: LocalApi;
  readonly server: KubeApiserver;
  readonly endpoints = new OwnedEndpointsStore();
  readonly slices = new OwnedSlices();
  readonly all = new Watched();
  readonly events: string[] = [];
  readonly #options: WriteOptions;
  readonly #takeOvers = new TakeOvers({ onAnotherController: (_, name) => this.events.push(name) });
  uid = '';

  constructor(server: KubeApiserver, api: LocalApi, signal: AbortSignal) {
    this.server = server;
    this.api = api;
    this.#options = { signal, timeoutMs: 10_000 };
  }

  /** Creates namespace and service, and follows. */
  async open(): Promise<void> {
    await this.server.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
    const spec = { ports: [{ port: 80 }] };
    const annotations = { 'federation.tigera.io/serviceSelector': SELECTOR };
    const { body } = await this.server.call('POST', '/api/v1/namespaces/shop/services', {
      metadata: { name: 'web', annotations },
      spec,
    });
    this.uid = body.metadata.uid;
    const { signal } = this.#options;
    const labelSelector = 'kubernetes.io/service-name=web';
    void this.api.follow(
      { path: endpointsCollectionPath('shop'), what: 'Endpoints' },
      this.endpoints,
      signal,
    );
    void this.api.follow({ path: SLICES, labelSelector, what: 'slices' }, this.all, signal);
    const ours = 'endpointslice.kubernetes.io/managed-by=federated-services.fedsyncd.io';
    void this.api.follow({ path: SLICES, labelSelector: ours, what: 'our slices' }, this.slices, signal);
    await until('lists', () => this.endpoints.synced && this.slices.synced && this.all.moments.length > 0);
  }

  async writeSlices(wanted: DesiredService): Promise<void> {
    const json = { toCreate: sliceToCreate, toPatch: sliceToPatch };
    const edits = plan({ ...wanted, uid: this.uid }, this.slices.ofService('shop', 'web'), {
      maxEndpointsPerSlice: 100,
    });
    for (const edit of edits) await this.#run(new SliceWork(edit, json, this.slices));
  }

  async writeEndpoints(wanted: DesiredService): Promise<number> {
    const { edits } = planEndpoints(wanted, SELECTOR, this.endpoints.get('shop', 'web'), {
      family: 'IPv4',
      anyHeld: false,
    });
    for (const edit of edits) await this.#run(new EndpointsWork(edit, this.endpoints));
    return edits.length;
  }

  /** One step of the take-over; its edit is written. */
  async takeOver(wanted: DesiredService): Promise<TakeOverState> {
    const actual = this.endpoints.get('shop', 'web');
    const slices = this.slices.ofService('shop', 'web');
    const served = actual !== undefined && servedBySlices(actual, slices, wanted, false);
    const step = this.#takeOvers.step({ namespace: 'shop', name: 'web' }, actual, served);
    for (const edit of step.edits) await this.#run(new EndpointsWork(edit, this.endpoints));
    return step.state;
  }

  async retire(): Promise<number> {
    const owned = this.slices.ofService('shop', 'web');
    const edits = slicesToRetire(owned, this.endpoints.get('shop', 'web'), this.all.slices, true);
    const json = { toCreate: sliceToCreate, toPatch: sliceToPatch };
    for (const edit of edits) await this.#run(new SliceWork(edit, json, this.slices));
    return edits.length;
  }

  /** By another controller, as a whole. */
  async rewrite(object: JsonObject): Promise<void> {
    const { status, body } = await this.server.call('PUT', OBJECT, object);
    assert.equal(status, 200, JSON.stringify(body));
    await until(
      'the rewrite is seen',
      () => this.endpoints.get('shop', 'web')?.resourceVersion === body.metadata.resourceVersion,
    );
  }

  #run(work: Work): Promise<void> {
    return work.run(this.api, this.#options);
  }
}

async function opened(server: KubeApiserver, test: (service: Service) => Promise<void>): Promise<void> {
  const options = {
    connectTimeoutMs: 1000,
    requestTimeoutMs: 10_000,
    maxObjectBytes: 2 ** 20,
    excludeNamespaces: [],
  };
  const prepared = await prepareLocalKubernetes(await server.kubeconfigFile(), options, standardHost);
  const transport = prepared.openTransport();
  const stop = new AbortController();
  try {
    const connection = { transport, clock: systemClock, random: systemRandom };
    const service = new Service(server, new KubernetesLocalApi(connection, 10_000), stop.signal);
    await service.open();
    await test(service);
  } finally {
    stop.abort();
    await transport.close();
  }
}

const pods = desired([
  part(null, [endpoint('10.1.0.1'), endpoint('10.1.0.2')]),
  part('east', [remote('east', '10.2.0.1', { hostname: 'a' })]),
]);
const TARGETS = '10.1.0.1:80 10.1.0.2:80 10.2.0.1:80';
const ports = [{ port: 80, protocol: 'TCP' }];
const pod = (ip: string, name: string): object => ({
  ip,
  targetRef: { kind: 'Pod', namespace: 'shop', name },
});

/** As an earlier controller left it. */
const left = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'web', annotations: { 'federation.tigera.io/serviceSelector': SELECTOR } },
  subsets: [{ addresses: [pod('10.1.0.1', 'a'), pod('10.1.0.2', 'b'), pod('10.2.0.1', 'east/c')], ports }],
};

withServers('Endpoints on real servers', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  it('creates, patches, empties and deletes with preconditions, and finds nothing to do afterwards', async () => {
    await opened(await rig.kubeApiserver(), async (service) => {
      assert.equal(await service.writeEndpoints(pods), 1);
      assert.equal(await service.writeEndpoints(pods), 0);
      // What the server made of it is what we planned, also when it is read anew.
      const { body } = await service.server.call('GET', OBJECT);
      const fresh = new OwnedEndpointsStore();
      fresh.listed([body]);
      const again = planEndpoints(pods, SELECTOR, fresh.get('shop', 'web'), {
        family: 'IPv4',
        anyHeld: false,
      });
      assert.deepEqual(again.edits, []);
      const stale = service.endpoints.get('shop', 'web');
      await service.server.call('PATCH', OBJECT, {
        metadata: { labels: { team: 'x' }, annotations: { note: 'y' } },
      });
      const more = desired([...pods.parts, part('west', [remote('west', '10.3.0.1')], [port(8080)])]);
      const late = planEndpoints(more, SELECTOR, stale, { family: 'IPv4', anyHeld: false }).edits[0];
      assert(late !== undefined);
      const work = new EndpointsWork(late, service.endpoints);
      const options = { signal: new AbortController().signal, timeoutMs: 5000 };
      await assert.rejects(work.run(service.api, options), { name: 'WriteError', problem: 'conflict' });
      await work.refresh(service.api, options.signal);
      assert.equal(await service.writeEndpoints(more), 1);
      const patched = await service.server.call('GET', OBJECT);
      assert.equal(patched.body.metadata.labels.team, 'x');
      assert.equal(patched.body.metadata.annotations.note, 'y');
      assert.equal(patched.body.subsets.length, 2);
      assert.equal(await service.writeEndpoints(desired([])), 1);
      assert.equal((await service.server.call('GET', OBJECT)).body.subsets, undefined);
      const gone = planEndpoints(desired([]), undefined, service.endpoints.get('shop', 'web'), {
        family: 'IPv4',
        anyHeld: false,
      });
      for (const edit of gone.edits)
        await new EndpointsWork(edit, service.endpoints).run(service.api, options);
      assert.equal((await service.server.call('GET', OBJECT)).status, 404);
      assert.equal(service.endpoints.get('shop', 'web'), undefined);
    });
  });

  it('is accepted whatever a remote cluster says', async () => {
    await opened(await rig.kubeApiserver(), async (service) => {
      const text = 'x'.repeat(2000);
      const targetRef = { kind: text, namespace: text, name: `east/${text}`, uid: text };
      const wild = desired([
        part(
          'east',
          [
            remote('east', '10.2.0.1', { hostname: 'A_b', nodeName: text, targetRef }),
            remote('east', 'fd00::1'),
          ],
          [port(80, 'a', { appProtocol: '-' }), port(81, 'B'), port(82, 'c', { protocol: 'icmp' })],
        ),
      ]);
      assert.equal(await service.writeEndpoints(wild), 1);
      assert.equal(await service.writeEndpoints(wild), 0);
    });
  });
});

withServers(
  'Endpoints beside the mirroring controller',
  ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'],
  (rig) => {
    it('takes a service over without a gap, and leaves each target once; then stops when the object is rewritten', async () => {
      const server = await rig.kubeApiserver();
      await rig.kubeControllerManager(server);
      await opened(server, async (service) => {
        await service.server.call('POST', endpointsCollectionPath('shop'), left);
        await until('mirrored', () => service.all.targets.join(' ') === TARGETS, { timeoutMs: 30_000 });
        await until('seen', () => service.endpoints.get('shop', 'web') !== undefined);
        const start = service.all.moments.length - 1;

        assert.equal(await service.takeOver(pods), 'waiting');
        await service.writeSlices(pods);
        assert.equal(await service.takeOver(pods), 'labelling');
        await until('the mirrored slices are gone', () => service.all.slices.length === 2, {
          timeoutMs: 30_000,
        });
        assert.equal(await service.takeOver(pods), 'taken-over');

        for (const moment of service.all.moments.slice(start)) assert.equal(moment.targets, TARGETS);
        assert.deepEqual(service.all.targets, TARGETS.split(' '), 'each once');
        const { body } = await server.call('GET', OBJECT);
        assert.equal(body.metadata.labels[LABEL], 'true');
        assert.equal(body.subsets[0].addresses.length, 3, 'stays for the way back');

        await service.rewrite(left);
        assert.equal(await service.takeOver(pods), 'another-controller');
        assert.equal(await service.takeOver(pods), 'another-controller');
        assert.deepEqual(service.events, ['web']);
        const seen = (await server.call('GET', OBJECT)).body.metadata.labels;
        assert.equal(seen?.[LABEL], undefined, 'nothing is written to it any more');
        await server.call('PATCH', OBJECT, { metadata: { labels: { [LABEL]: 'true' } } });
        await until('the label is seen', () => service.endpoints.get('shop', 'web')?.skipsMirror === true);
        assert.equal(await service.takeOver(pods), 'taken-over');
      });
    });

    it('goes to Endpoints and back without a gap', async () => {
      const server = await rig.kubeApiserver();
      await rig.kubeControllerManager(server);
      await opened(server, async (service) => {
        await service.writeSlices(pods);
        await until('our slices', () => service.all.targets.join(' ') === TARGETS);
        const start = service.all.moments.length - 1;
        assert.equal(await service.writeEndpoints(pods), 1);
        await until('our slices are retired', async () => (await service.retire()) > 0, {
          timeoutMs: 30_000,
        });
        await until('only mirrored slices', () =>
          service.all.slices.every(({ name }) => service.slices.get('shop', name) === undefined),
        );
        // The mirroring controller may have a target in two slices of its own while it sorts them.
        await until('each target once', () => service.all.targets.join(' ') === TARGETS, {
          timeoutMs: 30_000,
        });
        assert.equal(await service.takeOver(pods), 'waiting');
        await service.writeSlices(pods);
        assert.equal(await service.takeOver(pods), 'labelling');
        await until('only our slices', () => service.all.slices.length === 2, { timeoutMs: 30_000 });
        assert.equal(await service.writeEndpoints(pods), 1);
        await until('given back: mirrored again', () => service.all.slices.length > 2, { timeoutMs: 30_000 });
        for (const moment of service.all.moments.slice(start)) assert.equal(moment.targets, TARGETS);
      });
    });

    it('leaves Kubernetes its object when the service gets a selector', async () => {
      const server = await rig.kubeApiserver();
      await rig.kubeControllerManager(server);
      await opened(server, async (service) => {
        await service.writeEndpoints(pods);
        await server.call('PATCH', SERVICE, { spec: { selector: { app: 'none' } } });
        await until('Kubernetes took it', () => service.endpoints.get('shop', 'web')?.byKubernetes === true, {
          timeoutMs: 30_000,
        });
        const actual = service.endpoints.get('shop', 'web');
        assert.notEqual(actual?.selector, undefined);
        const result = planEndpoints(desired([]), undefined, actual, { family: 'IPv4', anyHeld: false });
        assert.deepEqual([result.state, result.edits], ['foreign', []]);
      });
    });
  },
);
