import * as fc from 'fast-check';
import type { DesiredPart, DesiredService } from '../../../src/controller/plan/desired-service.ts';
import { applyEdits } from '../../../src/controller/plan/apply-edits.ts';
import type { Edit } from '../../../src/controller/plan/edit.ts';
import { plan } from '../../../src/controller/plan/plan.ts';
import { setKey } from '../../../src/controller/plan/set-key.ts';
import type { OwnedSlice } from '../../../src/controller/owned/owned-slice.ts';
import type { SliceEndpoint, SlicePort } from '../../../src/model/endpoint-slice.ts';
import type { SourceCluster } from '../../../src/model/federation.ts';
import { sliceEndpoint } from '../../model/slice-endpoint.ts';

export const http: SlicePort = { name: 'http', protocol: 'TCP', port: 8080, appProtocol: '' };
export const http2: SlicePort = { ...http, port: 8081 };
export const metrics: SlicePort = { name: 'metrics', protocol: 'TCP', port: 9090, appProtocol: '' };
export const http2c: SlicePort = { ...http, appProtocol: 'kubernetes.io/h2c' };

export function endpoint(address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return sliceEndpoint(address, {
    serving: true,
    terminating: false,
    ...more,
  });
}

/** `endpoints(3)`: 10.0.0.1 to 10.0.0.3, sorted by text. */
export function endpoints(count: number, first = 1): SliceEndpoint[] {
  return Array.from({ length: count }, (_, i) => i + first)
    .map((n) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    .sort()
    .map((address) => endpoint(address));
}

export function part(list: readonly SliceEndpoint[], more: Partial<DesiredPart> = {}): DesiredPart {
  return { cluster: 'east', family: 'IPv4', ports: [http], endpoints: list, ...more };
}

export function service(parts: readonly DesiredPart[], more: Partial<DesiredService> = {}): DesiredService {
  return { namespace: 'shop', name: 'web', uid: 'uid-1', parts, isHeld: () => false, ...more };
}

export function slice(
  name: string,
  list: readonly SliceEndpoint[],
  more: Partial<OwnedSlice> = {},
): OwnedSlice {
  return {
    namespace: 'shop',
    name,
    uid: `uid of ${name}`,
    resourceVersion: '1',
    service: 'web',
    ownerUid: 'uid-1',
    cluster: 'east',
    family: 'IPv4',
    ports: [http],
    endpoints: list,
    intact: true,
    deleting: false,
    ...more,
  };
}

export function planned(
  desired: DesiredService,
  actual: readonly OwnedSlice[],
  maxEndpointsPerSlice = 100,
): readonly Edit[] {
  return plan(desired, actual, { maxEndpointsPerSlice });
}

/** What the slices are once everything was planned and written. */
export function reached(
  desired: DesiredService,
  actual: readonly OwnedSlice[],
  limit = 100,
): readonly OwnedSlice[] {
  return applyEdits(actual, planned(desired, actual, limit));
}

/** Ready address and port pairs as consumers see them: `10.0.0.1 http/TCP 8080`. */
export function served(slices: readonly OwnedSlice[]): Set<string> {
  const pairs = new Set<string>();
  for (const { service, deleting, family, ports, endpoints } of slices) {
    if (service !== 'web' || deleting || family === 'FQDN') continue;
    for (const text of pairsOf(ports, endpoints)) pairs.add(text);
  }
  return pairs;
}

export function* pairsOf(ports: readonly SlicePort[], list: readonly SliceEndpoint[]): Generator<string> {
  const all: SlicePort = { name: '', protocol: '*', port: undefined, appProtocol: '' };
  for (const { ready, addresses } of list) {
    if (ready === false) continue;
    for (const address of addresses) {
      for (const { name, protocol, port } of ports.length === 0 ? [all] : ports) {
        yield `${address} ${name}/${protocol} ${port ?? '*'}`;
      }
    }
  }
}

/** What is desired and not held, with what held clusters have. */
export function wantedPairs(desired: DesiredService, actual: readonly OwnedSlice[]): Set<string> {
  const pairs = served(actual.filter(({ cluster }) => desired.isHeld(cluster)));
  for (const { cluster, ports, endpoints } of desired.parts) {
    if (desired.isHeld(cluster)) continue;
    for (const text of pairsOf(ports, endpoints)) pairs.add(text);
  }
  return pairs;
}

/** `10.0.0.1 http/TCP 8080` without the number. */
export function withoutNumbers(pairs: Iterable<string>): Set<string> {
  return new Set(Array.from(pairs, (text) => text.slice(0, text.lastIndexOf(' '))));
}

const clusters: readonly SourceCluster[] = [null, 'east', 'west'];
const portSets: readonly (readonly SlicePort[])[] = [[http], [http2], [http, metrics], [http2c], []];

const anyEndpoint = (address: string): fc.Arbitrary<SliceEndpoint> =>
  fc
    .record({
      ready: fc.constantFrom(true, true, true, false, undefined),
      serving: fc.constantFrom(true, true, false),
      zone: fc.constantFrom('', '', 'a'),
    })
    .map((fields) => endpoint(address, fields));

/** Few addresses, so that they meet again in other sets. */
function anyEndpoints(family: 'IPv4' | 'IPv6' | 'FQDN'): fc.Arbitrary<SliceEndpoint[]> {
  const prefix = { IPv4: '10.0.0.', IPv6: 'fd00::', FQDN: 'pod-' }[family];
  const addresses = Array.from({ length: 9 }, (_, i) => `${prefix}${i + 1}`);
  return fc.subarray(addresses, { minLength: 1 }).chain((chosen) => fc.tuple(...chosen.map(anyEndpoint)));
}

const anyPart: fc.Arbitrary<DesiredPart> = fc
  .constantFrom('IPv4' as const, 'IPv4' as const, 'IPv6' as const)
  .chain((family) =>
    fc.record({
      cluster: fc.constantFrom(...clusters),
      family: fc.constant(family),
      ports: fc.constantFrom(...portSets),
      endpoints: anyEndpoints(family),
    }),
  );

export const anyParts: fc.Arbitrary<DesiredPart[]> = fc.uniqueArray(anyPart, {
  maxLength: 4,
  selector: setKey,
});

export const anyDesired: fc.Arbitrary<DesiredService> = fc
  .record({
    parts: anyParts,
    held: fc.subarray([...clusters], { maxLength: 1 }),
    uid: fc.constantFrom('uid-1', 'uid-1', 'uid-1', 'uid-2'),
  })
  .map(({ parts, held, uid }) => service(parts, { uid, isHeld: (cluster) => held.includes(cluster) }));

const anyStraySlice = fc
  .constantFrom('IPv4' as const, 'IPv4' as const, 'IPv6' as const, 'FQDN' as const)
  .chain((family) =>
    fc.record({
      endpoints: fc.oneof(
        { weight: 5, arbitrary: anyEndpoints(family) },
        { weight: 1, arbitrary: anyEndpoints(family).map(inPairs) },
        { weight: 1, arbitrary: fc.constant([]) },
      ),
      cluster: fc.constantFrom(...clusters),
      family: fc.constant(family),
      ports: fc.constantFrom(...portSets),
      service: fc.constantFrom('web', 'web', 'web', 'other', ''),
      ownerUid: fc.constantFrom('uid-1', 'uid-1', 'uid-2', ''),
      intact: fc.boolean(),
      deleting: fc.constantFrom(false, false, false, true),
    }),
  );

/** Slices in every state that other writers and earlier runs could have left them in. */
export const anyStray: fc.Arbitrary<OwnedSlice[]> = fc
  .array(anyStraySlice, { maxLength: 4 })
  .map((list) => list.map(({ endpoints, ...more }, i) => slice(`web-stray-${i}`, endpoints, more)));

/** Endpoints with two addresses, as only others write them. */
function inPairs(list: readonly SliceEndpoint[]): SliceEndpoint[] {
  return list.flatMap((endpoint, i) =>
    i % 2 === 1
      ? []
      : [{ ...endpoint, addresses: list.slice(i, i + 2).flatMap(({ addresses }) => addresses) }],
  );
}

/** Slices as a history of plans left them, strays among them. */
export const anyActual: fc.Arbitrary<readonly OwnedSlice[]> = fc
  .record({
    stray: anyStray,
    history: fc.array(fc.tuple(anyParts, fc.integer({ min: 1, max: 5 })), { maxLength: 2 }),
  })
  .map(({ stray, history }) =>
    history.reduce<readonly OwnedSlice[]>(
      (actual, [parts, limit]) => reached(service(parts), actual, limit),
      stray,
    ),
  );
