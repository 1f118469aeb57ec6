import type { JsonObject } from '../../../src/model/json-field.ts';
import type { Entry } from '../../../src/model/objects.ts';
import type { Resource } from '../../../src/model/kind.ts';
import { objectJson } from '../../../src/feed/objects/object-json.ts';
import { FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import type { Rig } from '../../rig/suite.ts';
import { keyOf } from '../../index/fixtures.ts';
import {
  EAST,
  feedObject,
  hostEndpoint,
  labels,
  service,
  slice,
  type FedEntry,
} from '../objects/fixtures.ts';
import type { ApiSide } from './api-question.ts';
import { FeedWorld } from './feed-world.ts';

const PLURALS = {
  Service: 'services',
  EndpointSlice: 'endpointslices',
  HostEndpoint: 'hostendpoints',
} as const;
type Loaded = Extract<Entry, { readonly kind: keyof typeof PLURALS }>;

/** The same objects in a real kube-apiserver and in the feed, there as the cluster east, whose view has the names as they are. */
export class BothSides {
  readonly world: FeedWorld;
  readonly apiserver: KubeApiserver;

  private constructor(world: FeedWorld, apiserver: KubeApiserver) {
    this.world = world;
    this.apiserver = apiserver;
  }

  static async start(rig: Rig): Promise<BothSides> {
    const apiserver = await rig.kubeApiserver();
    const world = await FeedWorld.start({ clusters: [] });
    const both = new BothSides(world, apiserver);
    await apiserver.applyCalicoCrds('projectcalico.org');
    await apiserver.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
    world.addEmptyCluster('east');
    for (const app of ['web', 'db', 'cache']) {
      const number = 20 + app.length;
      await both.put(
        service({ name: app, labels: labels({ app, tier: 'all' }), clusterIPs: [`10.96.0.${number}`] }),
      );
      await both.put(
        slice({ name: `${app}-1`, service: app, labels: labels({ app, 'kubernetes.io/service-name': app }) }),
      );
      await both.put(hostEndpoint({ name: `host-${app}`, labels: labels({ app }) }));
    }
    return both;
  }

  get feedSide(): ApiSide {
    return { url: `${this.world.url}/clusters/east`, headers: {} };
  }

  get apiserverSide(): ApiSide {
    const { url, ca, adminToken } = this.apiserver;
    return { url, ca, headers: { authorization: `Bearer ${adminToken}` } };
  }

  async put(entry: Loaded): Promise<void> {
    const path = pathOf(entry);
    const body = bodyOf(entry);
    const known = await this.apiserver.call('GET', `${path}/${entry.name}`);
    const answer =
      known.status === 200
        ? await this.apiserver.call('PATCH', `${path}/${entry.name}`, {
            metadata: { labels: entry.labels.toRecord() },
          })
        : await this.apiserver.call('POST', path, body);
    if (answer.status > 299) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    this.world.put('east', resourceOf(entry), entry);
  }

  async remove(entry: Loaded): Promise<void> {
    await this.apiserver.call('DELETE', `${pathOf(entry)}/${entry.name}`);
    this.world.apply('east', resourceOf(entry), [{ op: 'delete', key: keyOf(entry) }]);
  }

  async close(): Promise<void> {
    await this.world.close();
  }
}

function resourceOf(entry: Loaded): Resource {
  return PLURALS[entry.kind];
}

function pathOf(entry: Loaded): string {
  const { group, version, plural } = FEED_RESOURCES[PLURALS[entry.kind]];
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return entry.namespace === '' ? `${base}/${plural}` : `${base}/namespaces/${entry.namespace}/${plural}`;
}

/** As the feed shows it, without what the server gives. */
function bodyOf(entry: FedEntry): JsonObject {
  const json = objectJson(feedObject(entry), EAST, '');
  const { name, namespace, labels, annotations } = json['metadata'] as JsonObject;
  return { ...json, metadata: { name, namespace, labels, annotations }, status: undefined };
}
