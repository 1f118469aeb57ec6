import { goPeers } from './build.ts';
import type { Servers } from '../../test/rig/find-servers.ts';

/** What workloads are given. */
export interface Settings {
  /** Small sizes for CI. */
  readonly quick: boolean;
  /** Runs of each contender. */
  readonly runs: number;
  /** Real servers found on this machine. */
  readonly servers: Servers;
  readonly hasGo: boolean;
}

/** A size for a full and one for a quick run. */
export function size(settings: Settings, full: number, quick: number): number {
  return settings.quick ? quick : full;
}

export function newSettings(options: { quick: boolean; runs: number; servers: Servers }): Settings {
  return { ...options, hasGo: goPeers() !== undefined };
}

/** Why a workload cannot run here; the table says so. */
export class NotHere extends Error {
  override readonly name = 'NotHere';
}
