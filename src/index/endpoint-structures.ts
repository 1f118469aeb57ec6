import type { EndpointPort } from '../model/workload-endpoint.ts';
import { finishHash, hashNumber, hashText } from './hash.ts';
import type { InternTable } from './intern-table.ts';
import type { Structure } from './struct-table.ts';

/** Lists of profile names, in order. */
export function nameLists(strings: InternTable, seed: number): Structure<readonly string[]> {
  return {
    hash: (names) => {
      let hash = seed;
      for (const name of names) hash = hashText(hash, name);
      return finishHash(hash);
    },
    same: sameNames,
    keep: (names) => names.map((name) => strings.text(strings.acquire(name))),
    drop: (names) => {
      for (const name of names) strings.release(strings.find(name) ?? 0);
    },
  };
}

/** Lists of endpoint ports, in order. */
export function portLists(strings: InternTable, seed: number): Structure<readonly EndpointPort[]> {
  const shared = (text: string): string => strings.text(strings.acquire(text));
  return {
    hash: (ports) => {
      let hash = seed;
      for (const each of ports) {
        hash = hashNumber(hashNumber(hash, each.port), each.hostPort);
        hash = hashText(hashText(hashText(hash, each.name), each.protocol), each.hostIP);
      }
      return finishHash(hash);
    },
    same: samePorts,
    keep: (ports) =>
      ports.map((each) => ({
        name: shared(each.name),
        protocol: shared(each.protocol),
        port: each.port,
        hostPort: each.hostPort,
        hostIP: shared(each.hostIP),
      })),
    drop: (ports) => {
      for (const each of ports) {
        for (const text of [each.name, each.protocol, each.hostIP]) strings.release(strings.find(text) ?? 0);
      }
    },
  };
}

/** Compared for every endpoint that comes: loops, as a closure each time was one of the dearest things here. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function samePorts(a: readonly EndpointPort[], b: readonly EndpointPort[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!samePort(a[i] as EndpointPort, b[i])) return false;
  return true;
}

function samePort(a: EndpointPort, b: EndpointPort | undefined): boolean {
  return (
    b !== undefined &&
    a.port === b.port &&
    a.name === b.name &&
    a.protocol === b.protocol &&
    a.hostPort === b.hostPort &&
    a.hostIP === b.hostIP
  );
}
