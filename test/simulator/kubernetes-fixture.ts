import type { TestContext } from 'node:test';
import { KubernetesServer } from '../../src/simulator/kubernetes-server.ts';
import type { KubernetesServerOptions } from '../../src/simulator/kubernetes-server.ts';
import { World } from '../../src/simulator/world.ts';
import type { WorldOptions } from '../../src/simulator/world.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { EventReader, open } from './http-client.ts';

export interface KubernetesFixture {
  readonly world: World;
  readonly server: KubernetesServer;
  readonly clock: FakeClock;
  /** Absolute address of a path. */
  readonly url: (path: string) => string;
  /** Opens a watch over HTTP/1.1 and closes it with the test. */
  readonly watch: (path: string, accept?: string) => Promise<EventReader>;
}

/** A running API server over a small world; it stops with the test. */
export async function kubernetesFixture(
  test: TestContext,
  options: Partial<WorldOptions> = {},
  serverOptions: Partial<KubernetesServerOptions> = {},
): Promise<KubernetesFixture> {
  const world = new World({ seed: 11, endpoints: 60, services: 6, ...options });
  const clock = new FakeClock();
  const server = new KubernetesServer({ world, clock, ...serverOptions });
  await server.listener.start();
  test.after(() => server.listener.stop());
  const url = (path: string): string => server.listener.url + path;
  const watch = async (path: string, accept = 'application/json'): Promise<EventReader> => {
    const answer = await open(url(path), { accept });
    test.after(() => answer.abort());
    return new EventReader(answer);
  };
  return { world, server, clock, url, watch };
}
