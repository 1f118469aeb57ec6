import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../rig/deadline.ts';
import type { DaemonProcess } from '../support/daemon-process.ts';

/** Looks all the time whether addresses are still explained by the cluster that they belong to. */
export class Vigil {
  readonly missed: string[] = [];
  looks = 0;
  readonly #daemon: DaemonProcess;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  /** `expected` is cluster by address. */
  constructor(daemon: DaemonProcess, expected: ReadonlyMap<string, string>) {
    this.#daemon = daemon;
    this.#running = this.#run(expected);
  }

  /** Ends it, and fails if an address was ever missing or twice there. */
  async assertKept(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    assert.ok(this.looks > 10, `only ${this.looks} looks`);
    assert.deepEqual(this.missed, []);
  }

  async #run(expected: ReadonlyMap<string, string>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const [ip, cluster] of expected) {
        const found = (await this.#daemon.explain(ip)).endpoints.map((endpoint) => endpoint.cluster);
        this.looks++;
        if (found.length !== 1 || found[0] !== cluster) this.missed.push(`${ip}: ${found.join()}`);
      }
      await delay(10, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Counts the lines of one event of one cluster. */
export function countOf(daemon: DaemonProcess, event: string, cluster: string): number {
  return daemon.lines.filter((line) => line.event === event && line.cluster === cluster).length;
}

/** The reason that the cluster shows, once it is one of those that fit. */
export async function untilReason(
  daemon: DaemonProcess,
  name: string,
  reasons: readonly string[],
  timeoutMs = 15_000,
): Promise<void> {
  let last = '';
  await until(
    `${name} to be ${reasons.join(' or ')}`,
    async () => {
      const cluster = await daemon.cluster(name);
      last = JSON.stringify(cluster);
      return cluster !== undefined && reasons.includes(cluster.reason);
    },
    { timeoutMs },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; last: ${last}`, { cause: error });
  });
}
