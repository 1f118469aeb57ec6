import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FEED_DIFFERENCES } from '../../../tools/feed-differences.ts';
import { withServers } from '../../rig/suite.ts';
import { hostEndpoint, labels, service } from '../objects/fixtures.ts';
import { fieldsOf, headersOf, summaryOf } from './answer-summary.ts';
import { ask } from './api-question.ts';
import type { ApiQuestion, ApiSide } from './api-question.ts';
import { BothSides } from './both-sides.ts';
import { HOSTS, REQUESTS, SERVICES, SLICES, WATCHES } from './compared-requests.ts';

interface Pair {
  readonly apiserver: string;
  readonly feed: string;
}

const EXPLAINED = new Map<string, Pair>(
  FEED_DIFFERENCES.flatMap(({ requests, apiserver, feed }) =>
    requests.map((request) => [request, { apiserver, feed }] as const),
  ),
);

withServers('the feed beside a real kube-apiserver', ['kube-apiserver', 'etcd', 'kubectl'], (rig) => {
  let both: BothSides;
  const seen = new Map<string, Pair>();

  before(async () => {
    both = await BothSides.start(rig);
  });
  after(async () => {
    await both?.close();
  });

  async function compare(name: string, asked: (side: ApiSide) => Promise<string>): Promise<void> {
    const [apiserver, feed] = await Promise.all([asked(both.apiserverSide), asked(both.feedSide)]);
    seen.set(name, { apiserver, feed });
  }

  /** Every difference is in the table, as it is. */
  function assertExplained(names: readonly string[]): void {
    const differences: Record<string, Pair> = {};
    const explained: Record<string, Pair> = {};
    for (const name of names) {
      const pair = seen.get(name);
      if (pair !== undefined && pair.apiserver !== pair.feed) differences[name] = pair;
      const known = EXPLAINED.get(name);
      if (known !== undefined) explained[name] = known;
    }
    assert.deepEqual(differences, explained);
  }

  it('answers requests as that does', async () => {
    const all = Object.entries(REQUESTS);
    while (all.length > 0) {
      const some = all.splice(0, 12);
      await Promise.all(
        some.map(([name, question]) => compare(name, async (side) => summaryOf(await ask(side, question)))),
      );
    }
    assertExplained(Object.keys(REQUESTS));
  });

  it('tells watchers what that does', async () => {
    const watches = Object.entries(WATCHES).map(([name, question]) =>
      compare(name, async (side) => summaryOf(await ask(side, await atPresent(side, question)))),
    );
    await delay(800);
    const address = { clusterIPs: ['10.96.0.23'] };
    await both.put(service({ name: 'web', labels: labels({ app: 'newer' }), ...address }));
    await both.put(service({ name: 'late', labels: labels(), clusterIPs: ['10.96.0.99'] }));
    await both.put(hostEndpoint({ name: 'host-web', labels: labels({ app: 'newer' }) }));
    await both.remove(service({ name: 'late' }));
    await Promise.all(watches);
    assertExplained(Object.keys(WATCHES));
  });

  it('sends the headers and fields that that does', async () => {
    const headers: Readonly<Record<string, ApiQuestion>> = {
      'headers of a list': { path: SERVICES },
      'headers of an object': { path: `${SERVICES}/web` },
      'headers of an error': { path: `${SERVICES}/nothing` },
      'headers of a watch': { path: `${SERVICES}?watch=true&timeoutSeconds=1` },
    };
    for (const [name, question] of Object.entries(headers)) {
      await compare(name, async (side) => headersOf(await ask(side, question)));
    }
    const objects = {
      'fields of a Service': `${SERVICES}/db`,
      'fields of an EndpointSlice': `${SLICES}/db-1`,
      'fields of a HostEndpoint': `${HOSTS}/host-db`,
    };
    for (const [name, path] of Object.entries(objects)) {
      const real = fieldsOf(await ask(both.apiserverSide, { path }));
      const own = fieldsOf(await ask(both.feedSide, { path }));
      const apiserver = [...real]
        .filter((field) => !own.has(field))
        .sort()
        .join(' ');
      const feed = [...own]
        .filter((field) => !real.has(field))
        .sort()
        .join(' ');
      seen.set(name, { apiserver, feed });
    }
    assertExplained([...Object.keys(headers), ...Object.keys(objects)]);
  });

  it('forgets as that does', async () => {
    const old = new Map<ApiSide['ca'], { readonly version: string; readonly token: string }>();
    for (const side of [both.apiserverSide, both.feedSide]) {
      const { text } = await ask(side, { path: `${SERVICES}?limit=1` });
      const { metadata } = JSON.parse(text) as { metadata: { resourceVersion: string; continue: string } };
      old.set(side.ca, { version: metadata.resourceVersion, token: metadata.continue });
    }
    await both.put(service({ name: 'web', labels: labels({ app: 'newest' }), clusterIPs: ['10.96.0.23'] }));
    await Promise.all([forgetInApiserver(), both.world.restart()]);
    const asked: Readonly<Record<string, (version: string, token: string) => string>> = {
      'continue of a list that is forgotten': (_, token) => `limit=1&continue=${token}`,
      'list of exactly a version that is forgotten': (version) =>
        `resourceVersionMatch=Exact&resourceVersion=${version}`,
      'list with limit of a version that is forgotten': (version) => `limit=1&resourceVersion=${version}`,
      'watch from a version that is forgotten': (version) =>
        `watch=true&timeoutSeconds=2&resourceVersion=${version}`,
      'list not older than a version of before': (version) =>
        `resourceVersionMatch=NotOlderThan&resourceVersion=${version}`,
    };
    for (const [name, query] of Object.entries(asked)) {
      await compare(name, async (side) => {
        const { version = '', token = '' } = old.get(side.ca) ?? {};
        return summaryOf(await ask(side, { path: `${SERVICES}?${query(version, token)}` }));
      });
    }
    assertExplained(Object.keys(asked));
  });

  it('has no explanation too many', () => {
    assert.deepEqual(
      [...EXPLAINED.keys()].filter((name) => !seen.has(name)),
      [],
    );
  });

  async function forgetInApiserver(): Promise<void> {
    await both.apiserver.etcd.compact();
    await both.apiserver.restart();
  }
});

/** With the versions of the lists now, for three seconds. */
async function atPresent(side: ApiSide, question: ApiQuestion): Promise<ApiQuestion> {
  const [services, hosts] = await Promise.all(
    [SERVICES, HOSTS].map(async (path) => versionOf((await ask(side, { path })).text)),
  );
  const path = question.path.replace('HOSTS_RV', hosts ?? '').replace('RV', services ?? '');
  return { ...question, path: `${path}&timeoutSeconds=3` };
}

function versionOf(text: string): string {
  const { metadata } = JSON.parse(text) as { readonly metadata: { readonly resourceVersion: string } };
  return metadata.resourceVersion;
}
