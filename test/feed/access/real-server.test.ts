import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, it, type TestContext } from 'node:test';
import type { FeedAccessEvent } from '../../../src/feed/access/access-event.ts';
import type { FeedAccessOptions } from '../../../src/feed/access/access-options.ts';
import { feedKubeconfig } from '../../../src/feed/access/kubeconfig.ts';
import type { FeedUser } from '../../../src/feed/access/feed-user.ts';
import type { FeedAttributes, ResourceAttributes } from '../../../src/feed/access/feed-attributes.ts';
import type { Received } from '../../support/received.ts';
import { openApi } from '../../adapters/kubernetes-connection/local-fixture.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { runKubectl } from '../../rig/kubectl.ts';
import { withServers } from '../../rig/suite.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { type Opened, bearer, opened, refusalOf, soon, userOf } from './access-fixture.ts';

const RULES = `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: delegator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:auth-delegator}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: fedsyncd}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: feed-merged}
rules: [{apiGroups: [fedsyncd.io], resources: [services, workloadendpoints], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: feed-merged}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: feed-merged}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: readers}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: local-services}
rules: [{apiGroups: ['', discovery.k8s.io], resources: [services, endpointslices], verbs: ['*']}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: local-services}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: local-services}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: local}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: east-in-shop, namespace: shop}
rules:
- {apiGroups: [fedsyncd.io], resources: [endpointslices/cluster], resourceNames: [east], verbs: [list, watch]}
- {apiGroups: [fedsyncd.io], resources: [namespaces], verbs: [get]}
- {apiGroups: [fedsyncd.io], resources: [services], resourceNames: [east.web], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: east-in-shop, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: east-in-shop}
subjects: [{kind: ServiceAccount, name: reader, namespace: shop}]
`;

const users = [
  { name: 'fedsyncd', token: 'token-of-fedsyncd', groups: [] },
  { name: 'jane', token: 'token-of-jane', groups: ['readers'] },
  { name: 'local', token: 'token-of-local', groups: [] },
];

withServers('access by a real API server', ['kube-apiserver', 'kubectl'], (rig) => {
  let server: KubeApiserver;

  before(async () => {
    server = await rig.kubeApiserver({ users });
    await server.apply({ text: RULES });
  });

  async function access(
    test: TestContext,
    options: Partial<FeedAccessOptions>,
    user = 'fedsyncd',
  ): Promise<Opened> {
    const open = await openApi(server, { user });
    test.after(() => open[Symbol.asyncDispose]());
    return opened(test, { tokenReview: true, ...options }, { localApi: open.api });
  }

  function can(
    feed: Opened['access'],
    user: FeedUser,
    attributes: Partial<ResourceAttributes>,
  ): Promise<{ readonly outcome: string }> {
    const all: FeedAttributes = {
      kind: 'resource',
      verb: 'list',
      resource: 'services',
      namespace: '',
      name: '',
      cluster: undefined,
      ...attributes,
    };
    return feed.authorize(user, all, soon());
  }

  it('knows the users of the API server, and service accounts', async (test) => {
    const { access: feed, events } = await access(test, {});
    const jane = userOf(await feed.authenticate(bearer('token-of-jane'), soon()));
    assert.deepEqual(
      [jane.name, jane.uid, jane.groups],
      ['jane', 'jane', ['readers', 'system:authenticated']],
    );
    const token = await server.serviceAccountToken('shop', 'reader');
    const reader = userOf(await feed.authenticate(bearer(token), soon()));
    assert.equal(reader.name, 'system:serviceaccount:shop:reader');
    assert.ok(reader.groups.includes('system:serviceaccounts:shop'));
    assert.notEqual(reader.uid, '');
    refusalOf(await feed.authenticate(bearer('token-of-nobody-at-all'), soon()));
    const tampered = `${token.slice(0, -6)}AAAAAA`;
    assert.ok(!refusalOf(await feed.authenticate(bearer(tampered), soon())).includes(tampered));
    assert.deepEqual(feed.stats.tokenReviews, { asked: 4, failed: 0, cached: 4 });
    assert.deepEqual(events.all, []);
  });

  it('accepts only tokens for its audience where it has one', async (test) => {
    const { access: feed } = await access(test, { tokenAudiences: ['fedsyncd-feed'] });
    const args = ['create', 'token', 'reader', '-n', 'shop'];
    const made = (await server.kubectl([...args, '--audience', 'fedsyncd-feed'])).trim();
    assert.equal(
      userOf(await feed.authenticate(bearer(made), soon())).name,
      'system:serviceaccount:shop:reader',
    );
    const usual = await server.serviceAccountToken('shop', 'reader');
    refusalOf(await feed.authenticate(bearer(usual), soon()));
    const { access: plain } = await access(test, {});
    refusalOf(await plain.authenticate(bearer(made), soon()));
  });

  it('lets RBAC decide by fedsyncd.io, and by cluster', async (test) => {
    const { access: feed } = await access(test, { authorization: 'local-rbac' });
    const by = async (token: string): Promise<FeedUser> =>
      userOf(await feed.authenticate(bearer(token), soon()));
    const jane = await by('token-of-jane');
    const local = await by('token-of-local');
    const admin = await by(server.adminToken);
    const reader = await by(await server.serviceAccountToken('shop', 'reader'));
    const cases: readonly [FeedUser, Partial<ResourceAttributes>, boolean][] = [
      [admin, { resource: 'profiles' }, true],
      [jane, {}, true],
      [jane, { verb: 'watch', namespace: 'shop' }, true],
      [jane, { verb: 'get', namespace: 'shop', name: 'east.web' }, true],
      [jane, { resource: 'workloadendpoints', cluster: 'east' }, true],
      [jane, { resource: 'endpointslices' }, false],
      [jane, { resource: 'endpointslices', cluster: 'east' }, false],
      [local, {}, false],
      [local, { resource: 'endpointslices', namespace: 'shop' }, false],
      [reader, { resource: 'endpointslices', namespace: 'shop', cluster: 'east' }, true],
      [
        reader,
        { resource: 'endpointslices', namespace: 'shop', cluster: 'east', verb: 'get', name: 'x' },
        false,
      ],
      [reader, { resource: 'endpointslices', namespace: 'shop', cluster: 'west' }, false],
      [reader, { resource: 'endpointslices', cluster: 'east' }, false],
      [reader, { resource: 'endpointslices', namespace: 'shop' }, false],
      [reader, { resource: 'namespaces', verb: 'get', name: 'shop' }, true],
      [reader, { resource: 'namespaces', verb: 'get', name: 'other' }, false],
      [reader, { namespace: 'shop', verb: 'get', name: 'east.web' }, true],
      [reader, { namespace: 'shop', verb: 'get', name: 'east.web', cluster: 'east' }, false],
    ];
    for (const [user, attributes, allowed] of cases) {
      const { outcome } = await can(feed, user, attributes);
      assert.equal(outcome, allowed ? 'allowed' : 'denied', `${user.name} ${JSON.stringify(attributes)}`);
    }
  });

  it('says unavailable, not refused, where it may not ask itself', async (test) => {
    const { access: feed, events } = await access(test, { authorization: 'local-rbac' }, 'nobody');
    const answer = await feed.authenticate(bearer('token-of-jane'), soon());
    assert.equal(answer.outcome, 'unavailable');
    const jane: FeedUser = { name: 'jane', uid: '', groups: [], extra: {}, method: 'certificate' };
    assert.equal((await can(feed, jane, {})).outcome, 'unavailable');
    assert.match(JSON.stringify(events.all), /tokenreviews.*forbidden.*subjectaccessreviews.*forbidden/s);
    noSecrets(events);
  });

  it('says unavailable while the API server is away, and goes on after', async (test) => {
    const { access: feed, events } = await access(test, {});
    userOf(await feed.authenticate(bearer('token-of-jane'), soon()));
    await server.stop();
    try {
      userOf(await feed.authenticate(bearer('token-of-jane'), soon()));
      const answer = await feed.authenticate(bearer('token-of-local'), soon());
      assert.equal(answer.outcome, 'unavailable');
      noSecrets(events);
      assert.equal(events.last?.event, 'feed.review.failed');
    } finally {
      await server.restart();
    }
    userOf(await feed.authenticate(bearer('token-of-local'), soon()));
    assert.equal(events.last?.event, 'feed.review.resumed');
  });

  it('writes kubeconfigs that kubectl reads', async (test) => {
    const path = join(await tempDirectory(test), 'kubeconfig');
    const text = feedKubeconfig({
      server: server.url,
      caPem: server.ca,
      merged: true,
      clusters: ['east'],
      credential: { type: 'token', token: 'token-of-jane' },
    });
    await writeFile(path, text, { mode: 0o600 });
    const kubectl = rig.binary('kubectl');
    const run = async (...args: string[]): Promise<string> => {
      const { stdout, stderr, exitCode } = await runKubectl(
        kubectl,
        [`--kubeconfig=${path}`, ...args],
        undefined,
      );
      assert.equal(exitCode, 0, stderr);
      return stdout;
    };
    assert.equal((await run('config', 'get-contexts', '-o', 'name')).trim(), 'fedsyncd\nfedsyncd-east');
    const who = JSON.parse(await run('auth', 'whoami', '-o', 'json')) as {
      status: { userInfo: { username: string } };
    };
    assert.equal(who.status.userInfo.username, 'jane');
    const view = await run('config', 'view', '--minify', '--context=fedsyncd-east', '-o', 'json');
    const { clusters } = JSON.parse(view) as { clusters: { cluster: { server: string } }[] };
    assert.equal(clusters[0]?.cluster.server, `${server.url}/clusters/east`);
  });
});

function noSecrets(events: Received<FeedAccessEvent>): void {
  const text = JSON.stringify(events.all);
  for (const { token } of users) assert.ok(!text.includes(token));
}
