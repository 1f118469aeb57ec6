import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../src/runtime/gate.ts';
import { turn } from '../support/fake-clock.ts';

const never = new AbortController().signal;

describe('Gate', () => {
  it('lets in as many as it is wide, the rest in their order', async () => {
    const gate = new Gate(2);
    const inside: number[] = [];
    const leaves = new Map<number, () => void>();
    const enter = async (n: number): Promise<void> => {
      leaves.set(n, await gate.enter(never));
      inside.push(n);
    };
    const all = [1, 2, 3, 4].map(enter);
    await turn();
    assert.deepEqual(inside, [1, 2]);
    leaves.get(1)?.();
    leaves.get(1)?.();
    await turn();
    assert.deepEqual(inside, [1, 2, 3], 'leaving twice frees one place');
    leaves.get(2)?.();
    await Promise.all(all);
    assert.deepEqual(inside, [1, 2, 3, 4]);
  });

  it('serves parties in turn, however many of one wait', async () => {
    const gate = new Gate(1);
    const leave = await gate.enter(never);
    const inside: string[] = [];
    const enter = async (name: string, party: string, signal = never): Promise<void> => {
      const next = await gate.enter(signal, party);
      inside.push(name);
      next();
    };
    const impatient = new AbortController();
    const all = [enter('a1', 'a'), enter('a2', 'a'), enter('a3', 'a'), enter('b1', 'b'), enter('c1', 'c')];
    const gone = enter('c0', 'd', impatient.signal);
    all.push(enter('b2', 'b'), enter('a4', 'a'));
    impatient.abort(new Error('enough'));
    await assert.rejects(gone, /enough/);
    leave();
    await Promise.all(all);
    assert.deepEqual(inside, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    // Nobody is left, and the place is free.
    (await gate.enter(never))();
  });

  it('gives up waiting when the signal aborts, and the place goes to the next', async () => {
    const gate = new Gate(1);
    const leave = await gate.enter(never);
    const controller = new AbortController();
    const impatient = gate.enter(controller.signal);
    const patient = gate.enter(never);
    controller.abort(new Error('enough'));
    await assert.rejects(impatient, /enough/);
    leave();
    (await patient)();
    (await gate.enter(never))();
  });
});
