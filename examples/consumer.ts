/**
 * Keeps the addresses of every service of every remote cluster, and prints what changes. Reads the feed as any program reads a
 * Kubernetes API: nothing here is about fedsyncd but the label with the name of the cluster.
 *
 *     KUBECONFIG=feed.kubeconfig node examples/consumer.ts
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DiscoveryV1Api, KubeConfig, makeInformer, type V1EndpointSlice } from '@kubernetes/client-node';

const CLUSTER = 'federation.tigera.io/remoteClusterName';
const SERVICE = 'kubernetes.io/service-name';

const config = new KubeConfig();
config.loadFromDefault();
const api = config.makeApiClient(DiscoveryV1Api);

function show(mark: string, { metadata, endpoints = [] }: V1EndpointSlice): void {
  const { labels = {}, namespace = '' } = metadata ?? {};
  // Not said is ready, as everywhere in Kubernetes.
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  const addresses = ready.flatMap((endpoint) => endpoint.addresses);
  const service = `${namespace}/${labels[SERVICE]} of ${labels[CLUSTER]}`;
  console.log(`${mark} ${service}: ${addresses.join(' ') || 'nothing ready'}`);
}

const informer = makeInformer(config, '/apis/discovery.k8s.io/v1/endpointslices', () =>
  api.listEndpointSliceForAllNamespaces(),
);
informer.on('add', (slice) => show('+', slice));
informer.on('update', (slice) => show('~', slice));
informer.on('delete', (slice) => show('-', slice));
// A connection that broke, or a feed that is not there: the informer goes on where it was when it is started again.
informer.on('error', (error: unknown) => {
  console.error(String(error));
  void delay(1000).then(() => informer.start());
});
await informer.start();
