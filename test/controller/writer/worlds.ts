import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import type { WriterOptions } from '../../../src/controller/writer/writer-options.ts';
import type { Fault } from './memory-api.ts';
import { World } from './world.ts';

const worlds: World[] = [];

export function open(options: Partial<WriterOptions> = {}): World {
  const world = prepare(options);
  world.start();
  return world;
}

/** Not started yet. */
export function prepare(options: Partial<WriterOptions> = {}): World {
  const world = new World(options);
  worlds.push(world);
  return world;
}

/** The verbs and names of the requests so far. */
export function log(world: World): string[] {
  return world.api.requests.map(({ verb, path }) => `${verb} ${path.slice(path.lastIndexOf('/') + 1)}`);
}

/** These faults for the next writes, then none. */
export function faults(world: World, ...next: readonly Fault[]): void {
  const left = [...next];
  world.api.fault = ({ verb }) => (verb === 'get' ? {} : (left.shift() ?? {}));
}

export function faultOf(world: World, slice: string, fault: Fault): void {
  world.api.fault = ({ verb, path }) => (verb !== 'get' && path.endsWith(`/${slice}`) ? fault : {});
}

afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.stop();
    assert.deepEqual(world.broken, []);
    assert.equal(world.gate.listeners.size, 0);
  }
});
