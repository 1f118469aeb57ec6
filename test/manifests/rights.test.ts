import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { AuditLog } from '../controller/whole/audit-log.ts';
import {
  MANAGED_BY_LABEL,
  SELECTOR,
  ServiceObjects,
  slicesPath,
} from '../controller/whole/service-objects.ts';
import { createNamespace } from '../daemon/remote-fixture.ts';
import { until } from '../rig/deadline.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { killed } from '../controller/whole/world.ts';

const directory = join(import.meta.dirname, '../../manifests');
const ENDPOINTS = '/api/v1/namespaces/shop/endpoints';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[];
}

/** `create endpointslices.discovery.k8s.io`, as many as the roles of these names grant. */
function granted(...names: readonly string[]): readonly string[] {
  return parseAllDocuments(readFileSync(join(directory, 'fedsyncd.yaml'), 'utf8'))
    .map((document) => document.toJS() as Role)
    .filter(({ kind, metadata }) => kind.endsWith('Role') && names.includes(metadata.name))
    .flatMap(({ rules = [] }) => rules)
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => right(verb, resource, group))),
      ),
    );
}

function right(verb: string, resource: string, group = ''): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

withServers('the rights of the controller', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let server: KubeApiserver;
  let local: ServiceObjects;
  let audit: AuditLog;
  let kubeconfig: string;
  const daemons: DaemonProcess[] = [];

  before(async () => {
    audit = await AuditLog.open(await rig.directory());
    server = await rig.kubeApiserver({ args: audit.args });
    local = new ServiceObjects(server);
    await createNamespace(server, 'calico-system');
    await local.namespace('shop');
    for (const name of ['rcc-crd-v1', 'fedsyncd']) {
      await server.kubectl(['apply', '-f', join(directory, `${name}.yaml`)]);
    }
    const token = await server.serviceAccountToken('calico-system', 'fedsyncd');
    const asked = () => server.callWithToken(token, 'GET', '/api/v1/endpoints?limit=1');
    await until('its rights', async () => (await asked()).status === 200);
    kubeconfig = join(await rig.directory(), 'kubeconfig');
    await writeFile(kubeconfig, server.kubeconfig('admin', token), { mode: 0o600 });
  });

  after(async () => {
    for (const daemon of daemons) await killed(daemon);
  });

  /** With the flags of the manifest. */
  async function start(...flags: readonly string[]): Promise<DaemonProcess> {
    const daemon = await DaemonProcess.start([
      '--rcc-source=kubernetes',
      '--controllers=federated-services',
      '--lease-namespace=calico-system',
      `--kubeconfig=${kubeconfig}`,
      ...flags,
    ]);
    daemons.push(daemon);
    return daemon;
  }

  async function used(): Promise<ReadonlySet<string>> {
    const requests = await audit.since(0);
    return new Set(
      requests.flatMap(({ verb, objectRef }) =>
        objectRef === undefined ? [] : [right(verb, objectRef.resource, objectRef.apiGroup)],
      ),
    );
  }

  const TARGETS = ['(local) 10.0.0.1:8080', '(local) 10.0.0.2:8080'];

  it('are enough for slices, take-over, Events and a restart', async () => {
    await local.backing('shop/web', ['10.0.0.1', '10.0.0.2']);
    await local.federated('shop/all', "app == 'web'");
    await local.federated('shop/broken', '!!');
    const addresses = [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }];
    await local.expect(201, 'POST', ENDPOINTS, {
      metadata: { name: 'all', annotations: { [SELECTOR]: "app == 'web'" } },
      subsets: [{ addresses, ports: [{ name: 'http', port: 8080 }] }],
    });
    const first = await start();
    await local.untilTargets('shop/all', TARGETS);
    await until('the take-over', async () => (await used()).has('patch endpoints'));
    await until('an Event', async () => (await used()).has('create events'));
    await local.setEndpoints('shop/web', ['10.0.0.1']);
    await local.untilTargets('shop/all', TARGETS.slice(0, 1));
    assert.equal(await first.stop(), 0);
    const [slice] = await local.written('shop/all');
    const path = `${slicesPath('shop')}/${slice?.metadata.name ?? ''}`;
    await local.expect(200, 'PATCH', path, { metadata: { labels: { [MANAGED_BY_LABEL]: 'me' } } });
    const second = await start();
    await local.untilTargets('shop/all', TARGETS.slice(0, 1));
    await until('the Event again', async () => (await used()).has('patch events'));
    await local.remove('shop/all');
    await local.untilTargets('shop/all', []);
    assert.equal(await second.stop(), 0);
  });

  it('are enough for Endpoints', async () => {
    const daemon = await start('--service-output=endpoints');
    await local.federated('shop/old', "app == 'web'");
    await until('Endpoints', async () => (await server.call('GET', `${ENDPOINTS}/old`)).status === 200);
    let turn = 0;
    await until('a conflict', async () => {
      turn++;
      await Promise.all([
        server.call('PATCH', `${ENDPOINTS}/old`, { metadata: { labels: { turn: String(turn) } } }),
        local.setEndpoints('shop/web', [`10.0.0.${(turn % 200) + 1}`]),
      ]);
      return (await used()).has('get endpoints');
    });
    await local.annotate('shop/old', { [SELECTOR]: null });
    await until('no Endpoints', async () => (await server.call('GET', `${ENDPOINTS}/old`)).status === 404);
    assert.equal(await daemon.stop(), 0);
  });

  it('are enough for cleanup', async () => {
    const daemon = await start();
    await local.federated('shop/left', "app == 'web'");
    await until('a slice', async () => (await local.written('shop/left')).length === 1);
    assert.equal(await daemon.stop(), 0);
    const words = ['cleanup', '--kubeconfig', kubeconfig, '--lease-namespace', 'calico-system'];
    const cleanup = DaemonProcess.spawn(words);
    assert.equal(await cleanup.ended(), 0, cleanup.output);
    assert.equal((await local.written('shop/left')).length, 0);
  });

  it('were never too few, and are all made use of', async () => {
    const refused = (await audit.since(0)).filter(({ responseStatus }) => responseStatus?.code === 403);
    assert.deepEqual(
      refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`),
      [],
    );
    const all = await used();
    const idle = granted('fedsyncd-federated-services', 'fedsyncd-leader').filter((each) => !all.has(each));
    assert.deepEqual(idle, ['list services'], 'for API servers that do not stream lists');
  });
});
