import type { TestContext } from 'node:test';
import { EtcdServer } from '../../src/simulator/etcd-server.ts';
import type { EtcdServerOptions } from '../../src/simulator/etcd-server.ts';
import { World } from '../../src/simulator/world.ts';
import type { WorldOptions } from '../../src/simulator/world.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { EtcdClient, bytes } from './etcd-client.ts';

export const ROOT = '/calico/resources/v3/projectcalico.org/';
/** The fields of a request for all WorkloadEndpoints. */
export const WORKLOADS = {
  key: bytes(`${ROOT}workloadendpoints/`),
  range_end: bytes(`${ROOT}workloadendpoints0`),
};

export interface EtcdFixture {
  readonly world: World;
  readonly server: EtcdServer;
  readonly clock: FakeClock;
  readonly client: EtcdClient;
}

/** A running etcd over a small world; it stops with the test. */
export async function etcdFixture(
  test: TestContext,
  options: Partial<WorldOptions> = {},
  serverOptions: Partial<EtcdServerOptions> = {},
): Promise<EtcdFixture> {
  const world = new World({ seed: 11, endpoints: 60, services: 6, etcd: true, ...options });
  const clock = new FakeClock();
  const server = new EtcdServer({ world, clock, ...serverOptions });
  await server.listener.start();
  const client = new EtcdClient(server.listener.url);
  test.after(async () => {
    client.close();
    await server.listener.stop();
  });
  return { world, server, clock, client };
}
