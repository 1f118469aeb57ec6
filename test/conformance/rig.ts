import type { Datastore } from '../../src/contract/datastore.ts';
import type { Resource } from '../../src/model/kind.ts';
import type { Clock } from '../../src/runtime/clock.ts';

/** Where the addresses of the rigs' objects lie: an object of version `v` has the address 10.9.(v / 256).(v mod 256). */
export const NETWORK = 0x0a_09_00_00;

export function addressOf(version: number): string {
  return `10.9.${version >>> 8}.${version & 255}`;
}

/** The version that an address stands for. */
export function versionOf(cidr: string): number {
  const [, , high = '', low = ''] = cidr.replace('/32', '').split('.');
  return Number(high) * 256 + Number(low);
}

export interface OpenOptions {
  readonly clock: Clock;
  /** Milliseconds of that clock. */
  readonly requestTimeoutMs: number;
}

/** The network between a datastore and its server. */
export interface Link {
  /** Connections that the server's side has open now. */
  readonly connections: number;
  /** Resets every connection; new ones are accepted. */
  cut(): void;
  /** Nothing passes any more, connections stay open, until `resume`. */
  stall(): void;
  resume(): void;
}

/**
 * One server with one implementation of `Datastore` in front of it. Objects are WorkloadEndpoints (pods), named by
 * their workload; `version` tells the states of one object apart. Writes resolve when the server has them.
 */
export interface ConformanceRig {
  readonly namespace: string;
  /** How much faster than real time a quiet watch may be looked at: servers refuse pings that come too often. */
  readonly quietSpeed: number;
  /** Quick successive states of an object may be seen as the last one only. */
  readonly coalesces: boolean;
  /** Restarting or expiring takes seconds. */
  readonly slow: boolean;
  readonly link?: Link;
  open(options: OpenOptions): Promise<Datastore>;
  put(name: string, version: number): Promise<void>;
  delete(name: string): Promise<void>;
  /** Makes the object unreadable; its name can still be read. */
  break?(name: string): Promise<void>;
  /** Resume points from before the last write are gone. */
  expire?(): Promise<void>;
  /** The server ends and begins again, with the same data. */
  restart?(): Promise<void>;
  /** A datastore whose account may read `readable` and not the WorkloadEndpoints. */
  openForbidden?(options: OpenOptions): Promise<{ datastore: Datastore; readable: Resource }>;
  /** What the rig itself holds; its servers may have an owner of their own. */
  close?(): void | Promise<void>;
}
