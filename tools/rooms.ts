/**
 * The layering of `src/`: which room may import which, and which packages. What is not named is forbidden.
 * The lint (`oxlint.config.ts`) enforces this table; `docs/architecture.md` shows it; a test holds the two equal.
 */
export interface Room {
  /** Other rooms that files of this room may import. */
  readonly rooms: readonly string[];
  /** npm packages and node built-ins (`node:…`) that files of this room may import. */
  readonly packages: readonly string[];
  /** Folders inside the room; its files may import each other. */
  readonly folders?: readonly string[];
}

const meeting = ['model', 'contract', 'runtime'];
const net = ['node:net', 'node:tls', 'node:http', 'node:https', 'node:http2', 'node:stream'];
const basics = ['node:buffer', 'node:crypto', 'node:events', 'node:util'];
const files = ['node:fs', 'node:fs/promises', 'node:path', 'node:os'];

export const rooms: Readonly<Record<string, Room>> = {
  model: { rooms: [], packages: ['ipaddr.js', 'node:buffer', 'node:crypto'] },
  contract: { rooms: ['model'], packages: [] },
  runtime: {
    rooms: ['model', 'contract'],
    packages: ['node:timers/promises', 'node:fs', 'node:fs/promises', 'node:path', 'node:events'],
  },
  'adapters/kubernetes': {
    rooms: meeting,
    folders: ['access', 'connection', 'local', 'wire'],
    packages: [...basics, ...files, ...net, 'node:child_process', 'node:dns', 'yaml'],
  },
  'adapters/etcdv3': {
    rooms: meeting,
    packages: [...basics, ...files, ...net, 'node:dns'],
  },
  'adapters/file': { rooms: meeting, packages: [...basics, ...files, 'yaml'] },
  adapters: { rooms: [...meeting, 'adapters'], packages: [] },
  sync: { rooms: meeting, packages: [] },
  index: { rooms: meeting, packages: [] },
  controller: {
    rooms: meeting,
    folders: ['selection', 'plan', 'owned', 'writer', 'endpoints', 'election', 'events', 'cleanup'],
    packages: ['node:crypto'],
  },
  feed: {
    rooms: meeting,
    folders: ['objects', 'journal', 'api', 'access'],
    packages: [...basics, ...files, ...net, 'node:zlib'],
  },
  telemetry: {
    rooms: meeting,
    packages: [...basics, 'node:http', 'pino', 'prom-client'],
  },
  config: { rooms: meeting, packages: ['node:util'] },
  simulator: { rooms: meeting, packages: [...basics, ...net, ...files, 'yaml'] },
  cli: {
    rooms: [...meeting, 'config', 'adapters', 'controller', 'feed', 'simulator'],
    packages: [...basics, ...files, 'node:http', 'node:child_process'],
  },
};

/** The files that wire everything: they may import all rooms; no room imports them. */
export const entries: readonly string[] = ['main.ts', 'daemon.ts', 'federation.ts', 'serve-feed.ts'];
