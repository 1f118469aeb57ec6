/** A TCP proxy that holds every byte for half a round trip in each direction. Bandwidth is not limited. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { work } from '../harness/client-protocol.ts';

const { port, roundTripMs } = work() as { port: number; roundTripMs: number };

/** Timers of equal length fire in the order they were set, so bytes keep theirs. */
function relay(from: Socket, to: Socket): void {
  const later = (run: () => void): void => void setTimeout(run, roundTripMs / 2);
  from.on('data', (chunk) => later(() => to.write(chunk)));
  from.on('end', () => later(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => later(() => to.destroy()));
}

const server = createServer((client) => {
  const upstream = connect(port, '127.0.0.1');
  for (const socket of [client, upstream]) socket.setNoDelay(true);
  relay(client, upstream);
  relay(upstream, client);
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
