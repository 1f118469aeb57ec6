/** Measures the first sync of the workload endpoints of one cluster, then shows that they can be looked up. */
import { parseSelector } from '../../src/model/selector.ts';
import { finish, say, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';
import { Mirror } from './mirror.ts';
import type { Source } from './mirror.ts';

const { count, ...source } = work() as Source & { count: number };
const meter = new Meter();
meter.start();
const mirror = new Mirror(source);
await mirror.start();
const measured = await meter.stop(mirror.index.stats().workloadEndpoints);
say({ event: 'synced' });

if (measured.objects < count) throw new Error(`${measured.objects} of ${count} endpoints`);
const [first] = mirror.index.list('WorkloadEndpoint');
if (first?.entry.kind !== 'WorkloadEndpoint') throw new Error('nothing is listed');
const { entry } = first;
const address = entry.ipNetworks[0]?.split('/')[0] ?? '';
if (mirror.index.get('remote', 'WorkloadEndpoint', entry) === undefined) throw new Error('no look-up by key');
if (mirror.index.endpointsByIP(address).length === 0) throw new Error('no look-up by address');
const selected = await mirror.index.select(parseSelector('has(app)'), { limit: 1 });
if (selected.count === 0) throw new Error('no look-up by selector');
finish(measured);
