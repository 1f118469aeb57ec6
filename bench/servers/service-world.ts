import { World } from '../../src/simulator/world.ts';

/** Services with ten pods each on ten nodes. Equal numbers give equal data in all processes. */
export function serviceWorld(services: number): World {
  return new World({ seed: 7, endpoints: services * 10, services, nodes: 10, systemPods: false });
}
