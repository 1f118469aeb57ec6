import { systemClock } from '../../src/runtime/clock.ts';
import { SimulatedCluster } from '../../src/simulator/simulated-cluster.ts';
import { namespaceOf } from '../../src/simulator/world-items.ts';
import { World } from '../../src/simulator/world.ts';
import { openEtcd } from './etcd-access.ts';
import { openKubernetes } from './kubernetes-access.ts';
import { type ConformanceRig, type Link, NETWORK } from './rig.ts';

/** One server of the simulator, reached over its own listener. */
export async function simulatorRig(style: 'kubernetes' | 'etcdv3'): Promise<ConformanceRig> {
  const world = new World({
    seed: 7,
    endpoints: 1,
    services: 0,
    systemPods: false,
    etcd: style === 'etcdv3',
    podNetwork: { first: NETWORK, size: 65_536 },
  });
  const cluster = new SimulatedCluster({ name: 'simulated', style, world, clock: systemClock });
  await cluster.start();
  const listener = (cluster.kubernetes ?? cluster.etcd)?.listener;
  if (listener === undefined) throw new Error('no listener');
  const template = world.deployments.pod(0);
  world.store.remove('pods', template.key);
  const namespace = namespaceOf(template.key);
  let serial = template.serial + 1_000_000;
  const link: Link = {
    get connections() {
      return listener.connections;
    },
    cut: () => listener.cut(),
    stall: () => listener.freeze(),
    resume: () => {
      cluster.unfreeze();
      listener.cut();
    },
  };
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'rig',
    contexts: [{ name: 'rig', context: { cluster: 'rig', user: 'rig' } }],
    clusters: [{ name: 'rig', cluster: { server: listener.url } }],
    users: [{ name: 'rig', user: {} }],
  });
  return {
    namespace,
    quietSpeed: 20,
    coalesces: false,
    slow: false,
    link,
    close: () => cluster.stop(),
    open: (options) =>
      style === 'etcdv3' ? openEtcd(listener.url, options) : openKubernetes(kubeconfig, options),
    put: async (name, version) => {
      const key = `${namespace}/${name}`;
      const known = world.store.tables.pods.get(key);
      world.store.put<'pods'>({
        ...template,
        key,
        serial: known?.serial ?? ++serial,
        address: version,
      });
      await turn();
    },
    delete: async (name) => {
      world.store.remove('pods', `${namespace}/${name}`);
      await turn();
    },
    expire: async () => {
      world.store.compact();
      await turn();
    },
    restart: () => cluster.reset(),
    ...(style === 'etcdv3'
      ? {}
      : {
          openForbidden: async (options) => {
            cluster.forbid('pods', true);
            const datastore = await openKubernetes(kubeconfig, options);
            const close = datastore.close.bind(datastore);
            datastore.close = async (): Promise<void> => {
              cluster.forbid('pods', false);
              await close();
            };
            return { datastore, readable: 'services' };
          },
        }),
  };
}

/** Watchers are told of a write in the next turn: as with a real server, writes take a moment. */
async function turn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
}
