import type { Etcd } from '../rig/etcd.ts';
import type { Rig } from '../rig/suite.ts';
import { workloadKey, workloadValue } from '../support/calico-objects.ts';
import { openEtcd } from './etcd-access.ts';
import { Relay } from '../support/relay.ts';
import { type ConformanceRig, addressOf } from './rig.ts';

const NAMESPACE = 'shop';
const PASSWORD = 'rig-root';

/** A real etcd behind a relay. */
export async function etcdRig(rig: Rig, version?: '3.4'): Promise<ConformanceRig> {
  const ofVersion = version === undefined ? {} : { version };
  const etcd = await rig.etcd(ofVersion);
  const relay = await Relay.start(etcd.port);
  const target = (name: string, at: number): Parameters<typeof workloadValue>[0] => ({
    namespace: NAMESPACE,
    node: 'node-1',
    pod: name,
    ip: addressOf(at),
  });
  return {
    namespace: NAMESPACE,
    // etcd ends connections that are pinged more often than every five seconds.
    quietSpeed: 2.5,
    coalesces: false,
    slow: false,
    link: relay,
    close: () => relay.close(),
    open: (options) => openEtcd(`http://127.0.0.1:${relay.port}`, options),
    put: async (name, at) =>
      void (await etcd.put(workloadKey(target(name, at)), workloadValue(target(name, at)))),
    delete: async (name) => void (await etcd.delete(workloadKey(target(name, 0)))),
    break: async (name) => void (await etcd.put(workloadKey(target(name, 0)), '{"spec":')),
    expire: async () => {
      // A revision is compacted only once.
      await etcd.put('/elsewhere', '');
      await etcd.compact();
    },
    restart: () => etcd.restart(),
    openForbidden: async (options) => {
      const guarded = await rig.etcd({ ...ofVersion, rootPassword: PASSWORD });
      await allowAllBut(guarded, 'workloadendpoints');
      const credentials = { username: 'partial', password: PASSWORD };
      return { datastore: await openEtcd(guarded.endpoint, options, credentials), readable: 'hostendpoints' };
    },
  };
}

async function allowAllBut(etcd: Etcd, resource: string): Promise<void> {
  const { client } = etcd;
  const root = '/calico/resources/v3/projectcalico.org/';
  const role = client.role('partial');
  await role.create();

  await role.grant({ permission: 'Read', range: client.range({ start: root, end: `${root}${resource}/` }) });
  const user = client.user('partial');
  await user.create(PASSWORD);
  await user.addRole('partial');
}
