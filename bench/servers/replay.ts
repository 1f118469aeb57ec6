/**
 * A stand-in for an API server that is never the bottleneck: lists and watches of pods are made from the simulator's
 * objects before anybody is measured, and sent as they lie. The harness talks to it by IPC messages.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contentType } from '../../src/simulator/kubernetes-frames.ts';
import type { Format } from '../../src/simulator/object-encoding.ts';
import { World } from '../../src/simulator/world.ts';
import { work } from '../harness/client-protocol.ts';
import { encodePod, endOfList, eventChunks, listBody } from './replay-data.ts';

interface Prepared {
  readonly list: Buffer;
  readonly initialEvents: readonly Buffer[];
  readonly updates: readonly Buffer[];
}

const { pods, updates, formats } = work() as { pods: number; updates: number; formats: Format[] };
const world = new World({ seed: 1, endpoints: pods, services: 0, systemPods: false, history: 1 });
const revision = world.store.revision;
const before = [...world.store.tables.pods.all()];
const after = Array.from({ length: updates }, (_, i) => {
  // Spread over the fleet as updates are: neighbours in the stream belong to different workloads.
  const index = (i * 7919) % world.deployments.count;
  world.deployments.touch(index);
  return world.deployments.pod(index);
});
const prepared = new Map(formats.map((format) => [format, prepare(format)]));
const watches = new Map<ServerResponse, Format>();

function prepare(format: Format): Prepared {
  const objects = before.map((pod) => encodePod(world, pod, format));
  return {
    list: Buffer.concat(listBody(objects, revision, format)),
    initialEvents: [...eventChunks('ADDED', objects, format), endOfList(revision, format)],
    updates: eventChunks(
      'MODIFIED',
      after.map((pod) => encodePod(world, pod, format)),
      format,
    ),
  };
}

async function send(response: ServerResponse, chunks: readonly Buffer[]): Promise<void> {
  for (const chunk of chunks) {
    if (response.destroyed) return;
    if (response.write(chunk)) continue;
    const { promise, resolve } = Promise.withResolvers<void>();
    response.once('drain', resolve).once('close', resolve);
    await promise;
    response.off('drain', resolve).off('close', resolve);
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const format: Format = (request.headers.accept ?? '').includes('protobuf') ? 'protobuf' : 'json';
  const data = prepared.get(format);
  if (url.pathname !== '/api/v1/pods' || data === undefined) {
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}');
    return;
  }
  const isWatch = url.searchParams.has('watch');
  response.writeHead(200, { 'content-type': contentType(format, isWatch) });
  if (!isWatch) {
    response.end(data.list);
    return;
  }
  response.once('close', () => watches.delete(response));
  response.flushHeaders();
  watches.set(response, format);
  if (url.searchParams.get('sendInitialEvents') === 'true') void send(response, data.initialEvents);
}

process.on('message', (message) => {
  if (message !== 'burst') return;
  for (const [response, format] of watches) void send(response, prepared.get(format)?.updates ?? []);
});
process.on('disconnect', () => process.exit(0));

const server = createServer({ requestTimeout: 0 }, answer);
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
