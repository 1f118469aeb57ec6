import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../harness/shared-clock.ts';

/**
 * Calls `change` so many times a second as `rate` says at the moment, for ever. In small steps: changes that come together
 * would share one flush and hide what each one costs.
 */
export async function pace(rate: () => number, change: () => void): Promise<never> {
  let due = 0;
  let last = now();
  for (;;) {
    await delay(2);
    const at = now();
    due = Math.min(due + ((at - last) / 1000) * rate(), rate());
    last = at;
    for (; due >= 1; due--) change();
  }
}
