import assert from 'node:assert/strict';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { after, before, it } from 'node:test';
import { ServiceObjects } from '../controller/whole/service-objects.ts';
import { rccText, replaceFile } from '../daemon/remote-fixture.ts';
import { until } from '../rig/deadline.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { type Pod, withTrafficLab } from './lab.ts';
import type { Probe } from './probe.ts';

const SELECTOR = "app == 'web'";

withTrafficLab('traffic to federated services', (lab) => {
  const remotes = new Map<string, KubeApiserver>();
  let local: ServiceObjects;
  let directory: string;
  let daemon: DaemonProcess;

  before(async () => {
    directory = await lab.rig.directory();
    const [east, west] = await Promise.all([lab.rig.kubeApiserver(), lab.rig.kubeApiserver()]);
    remotes.set('east', east).set('west', west);
    local = new ServiceObjects(lab.apiserver);
    for (const name of remotes.keys()) await joins(name);
    daemon = await start();
    for (const name of remotes.keys()) await daemon.untilStatus(name, 'InSync');
  });

  after(async () => {
    daemon?.signal('SIGKILL');
    await daemon?.ended();
  });

  function remote(name: string): ServiceObjects {
    const kube = remotes.get(name);
    assert(kube !== undefined);
    return new ServiceObjects(kube);
  }

  async function joins(name: string): Promise<void> {
    const kubeconfigInline = remotes.get(name)?.kubeconfig();
    const spec = { datastoreType: 'kubernetes', kubeconfigInline };
    await replaceFile(join(directory, `${name}.json`), rccText(name, spec));
  }

  const leaves = (name: string) => rm(join(directory, `${name}.json`));

  async function start(): Promise<DaemonProcess> {
    const kubeconfig = await lab.apiserver.kubeconfigFile();
    return DaemonProcess.start(
      [
        '--controllers=federated-services',
        '--leader-elect=false',
        `--kubeconfig=${kubeconfig}`,
        `--rcc-directory=${directory}`,
        '--max-endpoints-per-slice=3',
      ],
      {},
      lab.node,
    );
  }

  /** A service `web` of a cluster with these pods, in both families. */
  async function backed(cluster: string, namespace: string, pods: readonly Pod[]): Promise<void> {
    const ports = [{ name: 'http', port: pods[0]?.port ?? 0, protocol: 'TCP' }];
    const key = `${namespace}/web`;
    await remote(cluster).backing(
      key,
      pods.map(({ ipv4 }) => ipv4),
      { ports },
    );
    await remote(cluster).slice(
      key,
      pods.map(({ ipv6 }) => ipv6),
      { ports, addressType: 'IPv6' },
    );
  }

  /** A new namespace everywhere, and the addresses of the federated service in it. */
  async function federated(namespace: string): Promise<readonly string[]> {
    for (const objects of [local, remote('east'), remote('west')]) await objects.namespace(namespace);
    await local.federated(`${namespace}/all`, SELECTOR, { ipFamilyPolicy: 'RequireDualStack' });
    const { body } = await lab.apiserver.call('GET', `/api/v1/namespaces/${namespace}/services/all`);
    return body.spec.clusterIPs as readonly string[];
  }

  const untilAnswers = (ip: string, answer: string, timeoutMs = 10_000) =>
    until(`${answer} at ${ip}`, async () => (await lab.connect(ip, 80, 500)) === answer, { timeoutMs });

  /** Waits until each of them has answered some times. */
  async function untilSaid(probe: Probe, ...names: readonly string[]): Promise<void> {
    await until(names.join(' and '), () => names.every((name) => (probe.answers.get(name) ?? 0) > 5));
  }

  function assertSaidOnly(probe: Probe, ...names: readonly string[]): void {
    assert.deepEqual(
      [...probe.answers.keys()].filter((name) => !names.includes(name)),
      [],
    );
  }

  it('leads from the ClusterIP to the pod of the remote cluster, in both families', async () => {
    const [ipv4 = '', ipv6 = ''] = await federated('reach');
    await untilAnswers(ipv4, 'ECONNREFUSED');
    const pod = await lab.pod('east-1');
    await backed('east', 'reach', [pod]);
    await untilAnswers(ipv4, 'east-1');
    await untilAnswers(ipv6, 'east-1');
  });

  it('goes where a pod is ready: not to the one that is not, and to the other cluster', async () => {
    const [ip = ''] = await federated('ready');
    const [one, two] = [await lab.pod('ready-east'), await lab.pod('ready-west')];
    await backed('east', 'ready', [one]);
    await untilAnswers(ip, 'ready-east');
    await remote('east').setEndpoints('ready/web', [`not-ready ${one.ipv4}`]);
    await untilAnswers(ip, 'ECONNREFUSED');
    await remote('east').setEndpoints('ready/web', [one.ipv4]);
    await backed('west', 'ready', [two]);
    const probe = lab.probe(ip, 80);
    await untilSaid(probe, 'ready-east', 'ready-west');
    await remote('east').setEndpoints('ready/web', [`not-ready ${one.ipv4}`]);
    await until('no traffic to the east', async () => {
      probe.forget();
      await untilSaid(probe, 'ready-west');
      return !probe.answers.has('ready-east');
    });
    await probe.stop();
    assertSaidOnly(probe, 'ready-west');
  });

  it('goes on while the remote cluster is cut off and while the daemon restarts, and ends with the RCC', async () => {
    const [ip = ''] = await federated('cut');
    await backed('east', 'cut', [await lab.pod('cut-east')]);
    await untilAnswers(ip, 'cut-east');
    const probe = lab.probe(ip, 80);
    await remotes.get('east')?.kill();
    await daemon.untilStatus('east', 'NotConnecting');
    await daemon.stop();
    daemon = await start();
    await daemon.untilStatus('west', 'InSync');
    await backed('west', 'cut', [await lab.pod('cut-west')]);
    await untilSaid(probe, 'cut-west', 'cut-east');
    daemon.signal('SIGKILL');
    await daemon.ended();
    daemon = await start();
    await daemon.untilStatus('west', 'InSync');
    await daemon.untilStatus('east', 'NotConnecting');
    const { length } = await local.written('cut/all');
    assert.equal(length, 4, 'both clusters, both families');
    assertSaidOnly(probe, 'cut-east', 'cut-west');
    await leaves('east');
    await until('traffic to the west alone', async () => {
      probe.forget();
      await untilSaid(probe, 'cut-west');
      return !probe.answers.has('cut-east');
    });
    assertSaidOnly(probe, 'cut-west');
    await leaves('west');
    await untilAnswers(ip, 'ECONNREFUSED');
    await probe.stop();
    await remotes.get('east')?.restart();
    for (const name of remotes.keys()) await joins(name);
    await untilSaidBy(ip, 'cut-east', 'cut-west');
  });

  async function untilSaidBy(ip: string, ...names: readonly string[]): Promise<void> {
    const probe = lab.probe(ip, 80);
    await untilSaid(probe, ...names);
    await probe.stop();
  }

  it('has no gap while endpoints are packed anew', async () => {
    const [ip = ''] = await federated('packed');
    const pods: Pod[] = [];
    for (let n = 0; n < 9; n++) pods.push(await lab.pod(`packed-${n}`));
    const slices = async () =>
      (await local.written('packed/all')).filter((slice) => slice.addressType === 'IPv4');
    await backed('east', 'packed', pods);
    await until('three slices', async () => (await slices()).length === 3);
    // One endpoint of each slice is left: they come together in one.
    const kept = (await slices()).map(({ endpoints }) => endpoints?.[0]?.addresses[0] ?? '');
    const names = pods.filter(({ ipv4 }) => kept.includes(ipv4)).map(({ name }) => name);
    await untilSaidBy(ip, ...names);
    await remote('east').setEndpoints(
      'packed/web',
      pods.map(({ ipv4 }) => `${kept.includes(ipv4) ? '' : 'not-'}ready ${ipv4}`),
    );
    await until('traffic to what is left', async () => {
      const probe = lab.probe(ip, 80);
      await untilSaid(probe, ...names);
      const answers = await probe.stop();
      return answers.size === names.length;
    });
    const probe = lab.probe(ip, 80);
    await remote('east').setEndpoints('packed/web', kept);
    await until('fewer slices', async () => (await slices()).length < 3);
    await untilSaid(probe, ...names);
    await probe.stop();
    assertSaidOnly(probe, ...names);
  });
});
