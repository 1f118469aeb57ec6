import assert from 'node:assert/strict';
import { readlink } from 'node:fs/promises';
import { it } from 'node:test';
import { until } from '../rig/deadline.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { withTrafficLab, type Pod, type TrafficLab } from './lab.ts';

/** A Service without a selector, in both families: its addresses. */
async function service(lab: TrafficLab, name: string): Promise<readonly string[]> {
  const { status, body } = await lab.apiserver.call('POST', '/api/v1/namespaces/default/services', {
    metadata: { name },
    spec: { ipFamilyPolicy: 'RequireDualStack', ports: [{ name: 'web', port: 80 }] },
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body.spec.clusterIPs;
}

async function slice(lab: TrafficLab, name: string, pod: Pod, family: 'IPv4' | 'IPv6'): Promise<void> {
  const path = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
  const { status, body } = await lab.apiserver.call('POST', path, {
    metadata: { name: `${name}-${family.toLowerCase()}`, labels: { 'kubernetes.io/service-name': name } },
    addressType: family,
    ports: [{ name: 'web', port: pod.port, protocol: 'TCP' }],
    endpoints: [{ addresses: [family === 'IPv4' ? pod.ipv4 : pod.ipv6], conditions: { ready: true } }],
  });
  assert.equal(status, 201, JSON.stringify(body));
}

async function setReady(lab: TrafficLab, name: string, pod: Pod, ready: boolean): Promise<void> {
  const path = `/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/${name}-ipv4`;
  const endpoints = [{ addresses: [pod.ipv4], conditions: { ready } }];
  assert.equal((await lab.apiserver.call('PATCH', path, { endpoints })).status, 200);
}

withTrafficLab('traffic lab', (lab) => {
  it('leads from the address of a Service to the pod of its slice, in both families', async () => {
    const [ipv4 = '', ipv6 = ''] = await service(lab, 'both');
    // Until the rules know the Service, its packets go out and get no answer.
    await until('no endpoint: refused', async () => (await lab.connect(ipv4, 80, 200)) === 'ECONNREFUSED');
    const pod = await lab.pod('first');
    assert.equal(await lab.connect(pod.ipv4, pod.port), 'first');
    await slice(lab, 'both', pod, 'IPv4');
    await slice(lab, 'both', pod, 'IPv6');
    await until('IPv4 traffic', async () => (await lab.connect(ipv4, 80)) === 'first');
    await until('IPv6 traffic', async () => (await lab.connect(ipv6, 80)) === 'first');
  });

  it('refuses while the endpoint is not ready, or the pod has stopped', async () => {
    const [ip = ''] = await service(lab, 'flaky');
    const pod = await lab.pod('second');
    await slice(lab, 'flaky', pod, 'IPv4');
    await until('traffic', async () => (await lab.connect(ip, 80)) === 'second');
    await setReady(lab, 'flaky', pod, false);
    await until('not ready: refused', async () => (await lab.connect(ip, 80)) === 'ECONNREFUSED');
    await setReady(lab, 'flaky', pod, true);
    await until('traffic again', async () => (await lab.connect(ip, 80)) === 'second');
    const probe = lab.probe(ip, 80);
    await until('answers', () => (probe.answers.get('second') ?? 0) > 10);
    await pod.stop();
    await until('refusals', () => probe.answers.has('ECONNREFUSED'));
    probe.forget();
    await until('more refusals', () => (probe.answers.get('ECONNREFUSED') ?? 0) > 10);
    assert.deepEqual([...(await probe.stop()).keys()], ['ECONNREFUSED']);
    assert.equal(await lab.connect(ip, 80), 'ECONNREFUSED');
    await pod.start();
    assert.equal(await lab.connect(ip, 80), 'second');
  });

  it('has the controllers beside it', async () => {
    const path = '/api/v1/namespaces/default/endpoints';
    const pod = await lab.pod('third');
    const [ip = ''] = await service(lab, 'mirrored');
    const subsets = [{ addresses: [{ ip: pod.ipv4 }], ports: [{ name: 'web', port: pod.port }] }];
    const made = await lab.apiserver.call('POST', path, { metadata: { name: 'mirrored' }, subsets });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    await until('a mirrored slice', async () => (await lab.connect(ip, 80)) === 'third');
  });

  it('has room for a remote cluster and a daemon, reached the same way from inside and outside', async () => {
    const remote = await lab.rig.kubeApiserver();
    assert.equal((await remote.call('GET', '/readyz')).status, 200);
    const kubeconfig = await remote.kubeconfigFile();
    const kubectl = [lab.rig.binary('kubectl'), `--kubeconfig=${kubeconfig}`];
    assert.equal(await lab.run(...kubectl, 'get', '--raw=/readyz'), 'ok');
    const directory = await lab.rig.directory();
    const daemon = await DaemonProcess.start(['--rcc-directory', directory], {}, lab.node);
    assert.deepEqual((await daemon.status()).clusters, []);
    const [home, outside] = [`/proc/${daemon.pid}/ns/net`, '/proc/self/ns/net'];
    assert.equal(await readlink(home), await readlink(`/proc/${lab.apiserver.pid}/ns/net`));
    assert.notEqual(await readlink(home), await readlink(outside));
    assert.equal(await daemon.stop(), 0);
  });
});
