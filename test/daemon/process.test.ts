import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { CertificateAuthority } from '../rig/certificates.ts';
import { until, within } from '../rig/deadline.ts';
import type { Etcd } from '../rig/etcd.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import { pod, workloadKey, workloadValue } from '../support/calico-objects.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { created, createNamespace, createPod, putWorkload, rccText, replaceFile } from './remote-fixture.ts';
import { untilReason } from './vigil.ts';

const NEEDS = ['etcd', 'kube-apiserver', 'kubectl'] as const;
const PODS = '/api/v1/namespaces/shop/pods';

withServers('the process', NEEDS, (rig) => {
  let kube: KubeApiserver;
  let etcd: Etcd;
  let guarded: Etcd;
  let directory: string;
  let ca: CertificateAuthority;
  const password = 'planted-password-6c1f';
  const token = 'planted-token-77d0';
  const at = (name: string): string => join(directory, name);

  before(async () => {
    directory = await rig.directory();
    await mkdir(at('rcc'));
    ca = new CertificateAuthority(at('ca'));
    const server = ca.issue();
    const tls = { certFile: server.certFile, keyFile: server.keyFile, caFile: ca.certFile };
    [kube, etcd, guarded] = await Promise.all([
      rig.kubeApiserver({ users: [{ name: 'planted', token, groups: ['system:masters'] }] }),
      rig.etcd(),
      rig.etcd({ rootPassword: password, tls }),
    ]);
    await createNamespace(kube, 'shop');
    await createPod(kube, 'web', '10.40.0.1');
    await putWorkload(etcd, 'web', '10.41.0.1');
    await putWorkload(guarded, 'web', '10.42.0.1');
    // Without it a preflight finds that the etcd is nobody's.
    await guarded.put(
      '/calico/resources/v3/projectcalico.org/clusterinformations/default',
      JSON.stringify({
        kind: 'ClusterInformation',
        apiVersion: 'projectcalico.org/v3',
        metadata: { name: 'default' },
        spec: { clusterGUID: 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', datastoreReady: true },
      }),
    );
  });

  async function useRccs(
    specs: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ): Promise<string> {
    const path = at(`rcc/${Object.keys(specs).join('-')}`.slice(0, 200));
    await mkdir(path, { recursive: true });
    for (const [name, spec] of Object.entries(specs)) {
      await replaceFile(join(path, `${name}.json`), rccText(name, spec));
    }
    return path;
  }

  /** What a command of its own printed, once it has ended. */
  async function outcome(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    const command = DaemonProcess.spawn(args);
    const code = await within(args.join(' '), command.ended(), 40_000);
    return { code, output: command.output };
  }

  const guardedSpec = (
    fields: Readonly<Record<string, unknown>> = {},
  ): Readonly<Record<string, unknown>> => ({
    datastoreType: 'etcdv3',
    etcdEndpoints: guarded.endpoint,
    etcdUsername: 'root',
    etcdPassword: password,
    etcdCACertFile: ca.certFile,
    ...fields,
  });

  it('ends with 0 on SIGTERM and SIGINT, at once, whatever is under way', async () => {
    const rccs = await useRccs({
      well: { etcdEndpoints: etcd.endpoint },
      away: { etcdEndpoints: 'http://127.0.0.1:1' },
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const daemon = await DaemonProcess.start(['--rcc-directory', rccs]);
      if (signal === 'SIGINT') await daemon.untilStatus('well', 'InSync');
      daemon.signal(signal);
      assert.equal(await within('the end', daemon.ended(), 3_000), 0);
      assert.equal(daemon.lines.at(-1)?.event, 'daemon.stopped');
      const announced = daemon.lines.find(({ event }) => event === 'daemon.stopping');
      assert.ok(announced !== undefined);
      assert.ok(!daemon.lines.some(({ event }) => event === 'cluster.removed'), 'stopping keeps');
    }
  });

  it('ends at the second signal at the latest, also where a server hangs', async () => {
    const silent = createServer();
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    silent.listen(0, '127.0.0.1', () => resolve());
    await listening;
    const { port } = silent.address() as AddressInfo;
    const rccs = await useRccs({ silent: { etcdEndpoints: `http://127.0.0.1:${port}` } });
    const daemon = await DaemonProcess.start(['--rcc-directory', rccs]);
    daemon.signal('SIGTERM');
    daemon.signal('SIGTERM');
    const code = await within('the end', daemon.ended(), 3_000);
    // The first may already have been enough.
    assert.ok(code === 0 || code === 1, String(code));
    silent.close();
  });

  it('shows debug lines between two SIGUSR2', async () => {
    const rccs = await useRccs({ well: { etcdEndpoints: etcd.endpoint } });
    const daemon = await DaemonProcess.start(['--rcc-directory', rccs]);
    await daemon.untilStatus('well', 'InSync');
    const before = daemon.lines.length;
    daemon.signal('SIGUSR2');
    await until('a line about it', () => daemon.lines.length > before);
    daemon.signal('SIGUSR2');
    assert.equal(await daemon.stop(), 0);
  });

  it('ends with 2 where it cannot start, and says why', async () => {
    const busy = createServer();
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    busy.listen(0, '127.0.0.1', () => resolve());
    await listening;
    const { port } = busy.address() as AddressInfo;
    const rccs = await useRccs({ well: { etcdEndpoints: etcd.endpoint } });
    const run = ['run', '--rcc-directory', rccs];
    const taken = await outcome(...run, '--ops-address', `127.0.0.1:${port}`);
    busy.close();
    assert.deepEqual([taken.code, taken.output.includes(String(port))], [2, true], taken.output);
    const unknown = await outcome(...run, '--no-such-flag');
    assert.deepEqual([unknown.code, unknown.output.includes('no-such-flag')], [2, true], unknown.output);
    const noConfig = await outcome(
      'run',
      '--rcc-source',
      'kubernetes',
      '--kubeconfig',
      '/nowhere/kubeconfig',
    );
    assert.deepEqual(
      [noConfig.code, noConfig.output.includes('/nowhere/kubeconfig')],
      [2, true],
      noConfig.output,
    );
    const nobody = await outcome('status', '--ops-address', '127.0.0.1:1');
    assert.equal(nobody.code, 3, nobody.output);
  });

  it('checks real servers and names each kind of failure', async () => {
    const other = new CertificateAuthority(at('other'));
    const kubernetes = (kubeconfigInline: string): Readonly<Record<string, unknown>> => ({
      datastoreType: 'kubernetes',
      kubeconfigInline,
    });
    const rccs = await useRccs({
      'a-well': guardedSpec(),
      'a-kube': kubernetes(kube.kubeconfig('planted')),
      'b-dns': { etcdEndpoints: 'https://no-such-host.invalid:2379' },
      'c-refused': { etcdEndpoints: 'http://127.0.0.1:1' },
      'd-ca': guardedSpec({ etcdCACertFile: other.certFile }),
      'e-password': guardedSpec({ etcdPassword: `${password}-wrong` }),
      'f-token': kubernetes(kube.kubeconfig('planted', `${token}-wrong`)),
      'g-forbidden': kubernetes(kube.kubeconfig('nobody')),
      'h-type': { etcdEndpoints: kube.url },
      'i-type': { datastoreType: 'kubernetes', k8sAPIEndpoint: etcd.endpoint },
      'j-file': guardedSpec({ etcdCACertFile: at('missing.pem') }),
    });
    const limits = ['--connect-timeout', '3s', '--request-timeout', '5s'];
    const { code, output } = await outcome('check', '-o', 'json', '--rcc-directory', rccs, ...limits);
    assert.equal(code, 1, output);
    const found = JSON.parse(output) as {
      clusters: { name: string; ok: boolean; steps: { step: string; result: string; reason?: string }[] }[];
    };
    const failed = Object.fromEntries(
      found.clusters.map(({ name, ok, steps }) => [
        name,
        ok
          ? 'ok'
          : steps
              .filter(({ result }) => result === 'failed')
              .map(({ step, reason }) => `${step} ${reason}`)[0],
      ]),
    );
    assert.deepEqual(
      { ...failed, 'h-type': '', 'i-type': '' },
      {
        'a-well': 'ok',
        'a-kube': 'ok',
        'b-dns': 'dns DnsFailed',
        'c-refused': 'tcp ConnectionRefused',
        'd-ca': 'tls TlsFailed',
        'e-password': 'auth Unauthorized',
        'f-token': 'auth Unauthorized',
        'g-forbidden': 'permissions Forbidden',
        'h-type': '',
        'i-type': '',
        'j-file': 'files FileUnreadable',
      },
    );
    for (const name of ['h-type', 'i-type']) assert.notEqual(failed[name], 'ok');
    assertSilent(output);
  });

  /** No planted credential is in the text. */
  function assertSilent(text: string): void {
    const key = /-----BEGIN (EC |RSA )?PRIVATE KEY-----/;
    for (const secret of [password, token, Buffer.from(password).toString('base64')]) {
      assert.ok(!text.includes(secret), `a credential is printed: ${text.slice(text.indexOf(secret) - 200)}`);
    }
    assert.doesNotMatch(text, key);
    assert.ok(!text.includes('certificate-authority-data'), 'a kubeconfig is printed');
  }

  it('never prints a credential, in good times and bad ones', async () => {
    const { key, cert } = ca.issue();
    const rccs = await useRccs({
      'sees-etcd': guardedSpec(),
      'sees-kube': { datastoreType: 'kubernetes', kubeconfigInline: kube.kubeconfig('planted') },
      'bad-password': guardedSpec({ etcdPassword: `${password}-wrong` }),
      'bad-token': {
        datastoreType: 'kubernetes',
        kubeconfigInline: kube.kubeconfig('planted', `${token}-wrong`),
      },
      'bad-key': {
        etcdEndpoints: guarded.endpoint,
        etcdKey: key.replace('\n', '\nplanted'),
        etcdCert: cert,
        etcdPassword: password,
      },
      'bad-text': { datastoreType: 'kubernetes', kubeconfigInline: `{"users":[{"user":{"token":"${token}"` },
      'bad-field': { datastoreType: 'kubernetes', k8sAPIToken: token, etcdPassword: password },
    });
    await replaceFile(join(rccs, 'broken.json'), `{"spec": {"etcdPassword": "${password}", "x" 1`);
    await replaceFile(join(rccs, 'broken.yaml'), `spec:\n  k8sAPIToken: "${token}\n  a: [`);
    const daemon = await DaemonProcess.start(['--rcc-directory', rccs, '--log-level', 'debug']);
    for (const name of ['sees-etcd', 'sees-kube']) await daemon.untilStatus(name, 'InSync');
    await untilReason(daemon, 'bad-password', ['Unauthorized']);
    await untilReason(daemon, 'bad-token', ['Unauthorized']);
    const pages = ['/status', '/metrics', '/', '/readiness', '/explain?ip=10.40.0.1'];
    for (const page of pages) assertSilent((await daemon.get(page)).body);
    assert.equal(await daemon.stop(), 0);
    assertSilent(daemon.output);
    for (const format of ['table', 'json']) {
      assertSilent((await outcome('check', '-o', format, '--rcc-directory', rccs)).output);
    }
  });
});

withServers('hostile objects', NEEDS, (rig) => {
  let kube: KubeApiserver;
  let etcd: Etcd;
  let daemon: DaemonProcess;

  before(async () => {
    const directory = await rig.directory();
    [kube, etcd] = await Promise.all([
      rig.kubeApiserver(),
      rig.etcd({ args: ['--max-request-bytes=33554432'] }),
    ]);
    await createNamespace(kube, 'shop');
    await createPod(kube, 'good', '10.43.0.1');
    await putWorkload(etcd, 'good', '10.44.0.1');
    await replaceFile(
      join(directory, 'kube.json'),
      rccText('kube', { datastoreType: 'kubernetes', kubeconfigInline: kube.kubeconfig() }),
    );
    await replaceFile(join(directory, 'etcd.json'), rccText('etcd', { etcdEndpoints: etcd.endpoint }));
    daemon = await DaemonProcess.start(['--rcc-directory', directory, '--max-object-bytes', '65536']);
    for (const name of ['kube', 'etcd']) await daemon.untilStatus(name, 'InSync');
  });
  after(async () => {
    await daemon?.stop();
  });

  const owners = async (ip: string): Promise<string> =>
    (await daemon.explain(ip)).endpoints.map(({ cluster, name }) => `${cluster}/${name}`).join(' ');
  const knows = (ip: string): Promise<unknown> => until(ip, async () => (await owners(ip)) !== '');

  it('passes over values of etcd that are broken or huge', async () => {
    const key = (name: string): string =>
      workloadKey({ namespace: 'shop', node: 'node-1', pod: name, ip: '' });
    const value = (name: string, change: (object: Record<string, unknown>) => void): string => {
      const workload = { namespace: 'shop', node: 'node-1', pod: name, ip: '10.44.0.66' };
      const object = JSON.parse(workloadValue(workload)) as Record<string, unknown>;
      change(object);
      return JSON.stringify(object);
    };
    const values: readonly (string | Buffer)[] = [
      '',
      '{',
      'null',
      '[]',
      '"text"',
      Buffer.from([0xff, 0xfe, 0x00, 0x80]),
      '['.repeat(100_000),
      value('a', (object) => (object['spec'] = 7)),
      value('b', (object) => (object['metadata'] = [])),
      value('c', (object) => (object['spec'] = { ipNetworks: ['10.44.0.300/99'] })),
      value('d', (object) => (object['x'] = 'x'.repeat(10 << 20))),
      '{"__proto__": {"polluted": true}, "spec": {"__proto__": {"polluted": true}}}',
    ];
    for (const [i, bytes] of values.entries()) await etcd.put(key(`bad-${i}`), bytes);
    for (const name of ['workloadendpoints/', 'workloadendpoints/shop', 'workloadendpoints/a/b/c', 'x/y']) {
      await etcd.put(`/calico/resources/v3/projectcalico.org/${name}`, '{}');
    }
    await putWorkload(etcd, 'after', '10.44.0.2');
    await knows('10.44.0.2');
    assert.match(await owners('10.44.0.1'), /^etcd\//);
    const cluster = await daemon.cluster('etcd');
    assert.equal(cluster?.status, 'InSync');
    assert.ok((cluster?.counts.skipped ?? 0) >= 10, String(cluster?.counts.skipped));
  });

  it('shows what names and labels claim to be as what it is', async () => {
    const workload = { namespace: 'kube', node: 'node-1', pod: 'shop', ip: '10.44.0.3' };
    const labels = {
      'federation.tigera.io/remoteClusterName': 'kube',
      'projectcalico.org/namespace': 'another',
      '<script>alert(1)</script>': '\u001b[31m\r\n\u202e',
    };
    await etcd.put(workloadKey(workload), workloadValue({ ...workload, labels }));
    await knows('10.44.0.3');
    const [endpoint] = (await daemon.explain('10.44.0.3')).endpoints;
    assert.equal(endpoint?.cluster, 'etcd');
    assert.equal(endpoint?.namespace, 'kube');
    for (const page of ['/', '/status', '/metrics']) {
      assert.ok(!(await daemon.get(page)).body.includes('<script>alert'), page);
    }
    assert.ok(!daemon.output.includes('\u001b'));
    for (const ip of ['127.0.0.1', '169.254.1.1', '224.0.0.1', '0.0.0.0']) {
      const refused = { namespace: 'shop', node: 'node-1', pod: `at-${ip.replaceAll('.', '-')}`, ip };
      await etcd.put(workloadKey(refused), workloadValue(refused));
    }
    await putWorkload(etcd, 'last', '10.44.0.4');
    await knows('10.44.0.4');
    assert.equal(await owners('127.0.0.1'), '');
    assert.equal(await owners('169.254.1.1'), '');
  });

  it('passes over pods that are larger than anybody needs', async () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`label-${i}`, 'x'.repeat(40)]));
    await created(
      kube,
      PODS,
      pod({ namespace: 'shop', name: 'labels', node: 'node-1', ip: '10.43.0.66', labels: many }),
    );
    const large = pod({ namespace: 'shop', name: 'large', node: 'node-1', ip: '10.43.0.67' });
    const { annotations } = large['metadata'] as { annotations: Record<string, string> };
    annotations['planted'] = 'x'.repeat(250_000);
    await created(kube, PODS, large);
    await createPod(kube, 'after', '10.43.0.2');
    await until('the large ones to be noticed', async () => {
      const skipped = (await daemon.cluster('kube'))?.skipped.map(({ where }) => where).join(' ') ?? '';
      return skipped.includes('labels') && skipped.includes('large');
    });
    assert.equal(await owners('10.43.0.66'), '');
    assert.equal((await daemon.cluster('kube'))?.status, 'InSync');
    assert.equal(daemon.lines.filter(({ event }) => event === 'internal.error').length, 0);
  });

  it('is still there', async () => {
    for (const name of ['kube', 'etcd']) assert.equal((await daemon.cluster(name))?.status, 'InSync');
    assert.equal(await daemon.stop(), 0);
    assert.ok(!daemon.output.includes('polluted'));
  });
});
