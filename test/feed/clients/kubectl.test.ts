import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, it } from 'node:test';
import { until, within } from '../../rig/deadline.ts';
import { runKubectl } from '../../rig/kubectl.ts';
import { endsWithTest } from '../../rig/server-process.ts';
import { withServers } from '../../rig/suite.ts';
import { labels, service } from '../objects/fixtures.ts';
import { expected, held } from './expected.ts';
import { FeedWorld } from './feed-world.ts';
import { CHURNED } from './random-objects.ts';

withServers('kubectl on the feed', ['kubectl'], (rig) => {
  let world: FeedWorld;
  let flags: readonly string[];

  before(async () => {
    world = await FeedWorld.start({ seed: 3 });
    const directory = await rig.directory();
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, world.kubeconfig());
    flags = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(directory, 'cache')}`];
  });
  after(async () => {
    await world?.close();
    assert.deepEqual(world?.faults ?? [], []);
  });

  /** Its output; a failure fails the test. */
  async function kubectl(...args: readonly string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await runKubectl(rig.binary('kubectl'), [...flags, ...args], '');
    assert.equal(exitCode, 0, `kubectl ${args.join(' ')}: ${stderr}${stdout}`);
    assert.equal(stderr, '', `kubectl ${args.join(' ')}`);
    return stdout;
  }

  async function fails(...args: readonly string[]): Promise<string> {
    const { stderr, exitCode } = await runKubectl(rig.binary('kubectl'), [...flags, ...args], '');
    assert.notEqual(exitCode, 0, `kubectl ${args.join(' ')}`);
    return stderr;
  }

  const rows = (text: string): string[][] =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));

  it('gets everything as the index has it, in pages and as a whole', async () => {
    for (const chunk of ['0', '7']) {
      const gets = CHURNED.map(async (resource) => {
        const text = await kubectl('get', resource, '-A', '-o', 'json', `--chunk-size=${chunk}`);
        const { items } = JSON.parse(text) as { readonly items: readonly unknown[] };
        assert.deepEqual(held(items, resource), expected(world, resource, 'object'), resource);
        assert.ok(items.length > 0);
      });
      await Promise.all(gets);
    }
  });

  it('gets the view of one cluster by its context', async () => {
    const view = { view: 'cluster', cluster: 'prod.eu' } as const;
    const text = await kubectl('get', 'svc', '-A', '-o', 'json', '--context=fedsyncd-prod.eu');
    const { items } = JSON.parse(text) as { readonly items: readonly unknown[] };
    assert.deepEqual(held(items, 'services'), expected(world, 'services', 'object', view));
    assert.equal(rows(await kubectl('get', 'rmc', '--no-headers', '--context=fedsyncd-west')).length, 1);
  });

  it('prints tables', async () => {
    const [header, ...clusters] = rows(await kubectl('get', 'remoteclusters'));
    assert.deepEqual(header, ['NAME', 'TYPE', 'STATUS', 'REASON', 'ENDPOINTS', 'SERVICES', 'SINCE']);
    assert.deepEqual(
      clusters.map(([name, type, status]) => [name, type, status]),
      [
        ['east', 'kubernetes', 'InSync'],
        ['prod.eu', 'kubernetes', 'InSync'],
        ['west', 'kubernetes', 'InSync'],
      ],
    );
    const columns: Readonly<Record<string, readonly string[]>> = {
      svc: ['NAMESPACE', 'NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE'],
      'svc -o wide': ['NAMESPACE', 'NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE', 'SELECTOR'],
      endpointslices: ['NAMESPACE', 'NAME', 'ADDRESSTYPE', 'PORTS', 'ENDPOINTS', 'AGE'],
      wep: ['NAMESPACE', 'NAME', 'WORKLOAD', 'NODE', 'NETWORKS', 'INTERFACE', 'AGE'],
      'wep -o wide': ['NAMESPACE', 'NAME', 'WORKLOAD', 'NODE', 'NETWORKS', 'INTERFACE', 'AGE', 'PROFILES'],
      hep: ['NAME', 'NODE', 'INTERFACE', 'IPS', 'AGE'],
      profiles: ['NAME', 'AGE'],
      ippools: ['NAME', 'CIDR', 'NAT', 'DISABLED', 'AGE'],
      ns: ['NAME', 'STATUS', 'AGE'],
    };
    const tables = Object.entries(columns).map(async ([what, wanted]) => {
      const [shown] = rows(await kubectl('get', ...what.split(' '), '-A'));
      assert.deepEqual(shown, wanted, what);
    });
    await Promise.all(tables);
    assert.deepEqual(
      rows(await kubectl('get', 'ns', '--no-headers')).map(([name]) => name),
      ['bank', 'kube-system', 'shop'],
    );
    assert.ok((await kubectl('get', 'fedsyncd', '-A')).includes(' remotecluster.fedsyncd.io/east '));
    assert.ok((await kubectl('get', 'all', '-A')).includes(' east.svc-'));
  });

  it('selects by labels and fields', async () => {
    const names = async (...args: readonly string[]): Promise<string[]> =>
      (await kubectl('get', ...args, '-o', 'name')).split('\n').filter((line) => line !== '');
    const services = Object.keys(expected(world, 'services', 'object'));
    const ofEast = services.filter((key) => key.includes('/east.'));
    const east = 'federation.tigera.io/remoteClusterName=east';
    assert.equal((await names('svc', '-A', '-l', east)).length, ofEast.length);
    assert.equal((await names('svc', '-A', '-l', `!${east.split('=')[0] ?? ''}`)).length, 0);
    const some = await names('svc', '-A', '-l', 'app in (web,db)');
    const others = await names('svc', '-A', '-l', 'app notin (web,db)');
    assert.equal(some.length + others.length, services.length);
    const endpoints = await names('wep', '-A', '--field-selector', 'spec.node=east/node-1');
    assert.ok(endpoints.length > 0 && endpoints.every((name) => name.includes('/east.node--1-')));
    const [one = ''] = await names('svc', '-n', 'shop');
    const name = one.split('/')[1] ?? '';
    assert.deepEqual(await names('svc', '-n', 'shop', '--field-selector', `metadata.name=${name}`), [one]);
    assert.match(
      await fails('get', 'svc', '--field-selector', 'spec.nothing=x'),
      /field label not supported/,
    );
    assert.match(await fails('get', 'svc', '-A', '-l', 'app in ('), /unable to parse|couldn't parse/);
  });

  it('describes, explains and says what there is', async () => {
    assert.match(await kubectl('describe', 'svc', '-n', 'shop'), /^Name: +(east|west)\.svc-/m);
    assert.match(await kubectl('describe', 'rmc', 'east'), /Datastore Type: +kubernetes/);
    assert.match(await kubectl('describe', 'wep', '-n', 'shop'), /Ip Networks|IP Networks/);
    const explained = await kubectl('explain', 'remoteclusters.status');
    assert.match(explained, /GROUP: +fedsyncd.io\nKIND: +RemoteCluster\nVERSION: +v1alpha1\n/);
    assert.match(await kubectl('explain', 'wep.spec', '--recursive'), /ipNetworks\t<\[\]string>/);
    assert.match(await kubectl('explain', 'svc.spec.ports'), /targetPort/);
    const listed = rows(await kubectl('api-resources', '--no-headers')).map(([name]) => name);
    assert.deepEqual(new Set(listed), new Set([...CHURNED, 'namespaces', 'remoteclusters']));
    assert.deepEqual((await kubectl('api-versions')).trim().split('\n'), [
      'discovery.k8s.io/v1',
      'fedsyncd.io/v1alpha1',
      'projectcalico.org/v3',
      'v1',
    ]);
    assert.match(await kubectl('version', '-o', 'json'), /"gitVersion"/);
    assert.match(await kubectl('cluster-info'), /running at/);
    assert.match(await kubectl('get', '--raw', '/readyz'), /ok/);
  });

  it('prints YAML, columns and paths of one object', async () => {
    assert.match(await kubectl('get', 'rmc', 'east', '-o', 'yaml'), /^ {2}state: InSync$/m);
    assert.equal(await kubectl('get', 'rmc', 'east', '-o', 'jsonpath={.status.state}'), 'InSync');
    assert.match(await kubectl('get', 'rmc', '-o', 'custom-columns=N:.metadata.name'), /^N\neast\n/);
    assert.match(await fails('get', 'svc', 'nothing', '-n', 'shop'), /services "nothing" not found/);
    assert.match(await fails('get', 'pods'), /doesn't have a resource type "pods"/);
    assert.match(await fails('delete', 'rmc', 'east'), /read-only/);
    assert.match(await fails('label', 'rmc', 'east', 'a=b'), /read-only/);
  });

  it('says that nothing can be written, whatever the object', async () => {
    const file = join(await rig.directory(), 'service.yaml');
    const name = (await kubectl('get', 'svc', '-n', 'shop', '-o', 'name')).split('\n')[0] ?? '';
    const yaml = await kubectl('get', name, '-n', 'shop', '-o', 'yaml');
    // With a field that the feed does not have: kubectl is not to check it by itself first.
    await writeFile(file, yaml.replace(/^ {2}type: .*/m, '  type: NodePort\n  internalTrafficPolicy: Local'));
    for (const verb of [
      'apply',
      'apply --server-side',
      'create',
      'replace',
      'replace --force',
      'delete',
      'diff',
    ]) {
      assert.match(
        await fails(...verb.split(' '), '-f', file),
        /MethodNotAllowed.*the feed is read-only/s,
        verb,
      );
    }
    assert.match(await fails('patch', name, '-n', 'shop', '-p', '{"spec":{"type":"NodePort"}}'), /read-only/);
    assert.match(await fails('auth', 'can-i', '--list'), /could not find the requested resource/);
    assert.match(await fails('top', 'nodes'), /Metrics API not available/);
    for (const verb of ['logs', 'port-forward']) {
      assert.match(
        await fails(verb, name, '-n', 'shop', ...(verb === 'logs' ? [] : ['8080:80'])),
        /NotFound/,
      );
    }
  });

  it('explains by OpenAPI v2 too, as old ones do', async () => {
    const explained = await kubectl('explain', 'wep.spec', '--output=plaintext-openapiv2');
    assert.match(explained, /^VERSION: +projectcalico.org\/v3\n.*ipNetworks\t<\[\]string>/ms);
  });

  it('waits for a condition', async () => {
    world.setStatus('east', { status: 'NotConnecting', reason: 'Timeout' });
    await until('the feed says so', async () => (await kubectl('get', 'rmc', 'east')).includes('Timeout'));
    const waiting = kubectl('wait', '--for=condition=InSync', 'rmc/east', '--timeout=20s');
    const field = kubectl('wait', '--for=jsonpath={.status.state}=InSync', 'rmc/east', '--timeout=20s');
    const waitedFor = service({ name: 'waited-for' });
    world.put('east', 'services', waitedFor);
    const gone = kubectl('wait', '--for=delete', 'svc/east.waited-for', '-n', 'shop', '--timeout=20s');
    await until('three watches', () => world.server.stats().watches === 3);
    world.setStatus('east', { status: 'InSync', reason: 'Synced' });
    world.apply('east', 'services', [{ op: 'delete', key: waitedFor }]);
    for (const text of await Promise.all([waiting, field])) assert.match(text, /east condition met/);
    assert.match(await gone, /deleted|condition met/);
  });

  it('watches', async () => {
    const args = [
      ...flags,
      'get',
      'svc',
      '-n',
      'shop',
      '-w',
      '--no-headers',
      '-l',
      'watched=yes',
      '-o',
      'json',
    ];
    const [file, ...rest] = [...endsWithTest, rig.binary('kubectl'), ...args, '--output-watch-events'];
    const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      let text = '';
      const events = (): string[] =>
        [...text.matchAll(/"type": ?"([A-Z]+)"/g)]
          .map(([, type = '']) => type)
          .filter((type) => ['ADDED', 'MODIFIED', 'DELETED'].includes(type));
      createInterface(child.stdout).on('line', (line) => (text += `${line}\n`));
      const watched = service({ name: 'watched', labels: labels({ watched: 'yes' }) });
      await until('a watch', () => world.server.stats().watches === 1);
      world.put('east', 'services', watched);
      await until('the first event', () => events().length === 1);
      world.put('east', 'services', { ...watched, type: 'NodePort' });
      await until('the second event', () => events().length === 2);
      world.put('east', 'services', { ...watched, labels: labels() });
      await until('the third event', () => events().length === 3);
      assert.deepEqual(events(), ['ADDED', 'MODIFIED', 'DELETED']);
    } finally {
      child.kill('SIGKILL');
      const { promise, resolve } = Promise.withResolvers<void>();
      child.once('close', () => resolve());
      await within('the end of kubectl', promise);
    }
  });
});
