import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../../src/model/federation.ts';
import { labels, service, slice } from '../../index/fixtures.ts';
import { federated, SelectionRig, servicePort, slicePort } from './fixtures.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

const web = { labels: labels({ app: 'web' }) };
const from = (address: string) => ({ endpoints: [endpoint(address)] });

/** A service `web` with one slice in a cluster, and `global` which selects it. */
function webIn(rig: SelectionRig, cluster: string | null, address: string): SelectionRig {
  return rig.put(cluster, service('web', web), slice('web-1', 'web', from(address)));
}

// Facts of Calico's documentation on federated services unless said otherwise.
describe('which services back a federated one', () => {
  it('takes local and remote services that match, each cluster as a part of its own', () => {
    const rig = webIn(webIn(new SelectionRig(), null, '10.0.0.1'), 'east', '10.1.0.1');
    rig.put(null, federated('global', 'app == "web"')).start();
    assert.deepEqual(rig.shown('global'), [
      '(local) IPv4 [http:80/TCP] 10.0.0.1',
      'east IPv4 [http:80/TCP] 10.1.0.1',
    ]);
    assert.equal(rig.selection.desired('shop', 'global').uid, 'uid-global');
    assert.equal(rig.selection.state('shop', 'global').state, 'federated');
  });

  it('gives remote services the label remoteClusterName, and local ones none', () => {
    const rig = webIn(webIn(new SelectionRig(), null, '10.0.0.1'), 'east', '10.1.0.1');
    webIn(rig, 'west', '10.2.0.1');
    const own = 'federation.tigera.io/remoteClusterName';
    rig.put(null, federated('local-only', `app == "web" && !has(${own})`));
    rig
      .put(null, federated('east-only', `${own} == "east"`), federated('remote-only', `has(${own})`))
      .start();
    assert.deepEqual(rig.shown('local-only'), ['(local) IPv4 [http:80/TCP] 10.0.0.1']);
    assert.deepEqual(rig.shown('east-only'), ['east IPv4 [http:80/TCP] 10.1.0.1']);
    assert.equal(rig.shown('remote-only').length, 2);
  });

  it('overrides implicit labels that a service sets itself, also on local services (promise 8)', () => {
    const own = 'federation.tigera.io/remoteClusterName';
    const spoofed = labels({ app: 'web', [own]: 'west', 'projectcalico.org/namespace': 'bank' });
    const rig = new SelectionRig();
    for (const cluster of [null, 'east']) {
      rig.put(cluster, service('web', { labels: spoofed }), slice('web-1', 'web', from('10.0.0.1')));
    }
    rig.put(
      null,
      federated('west', `app == "web" && ${own} == "west"`),
      federated('bank', 'projectcalico.org/namespace == "bank"'),
    );
    rig.put(null, federated('shop', 'projectcalico.org/namespace == "shop"')).start();
    assert.deepEqual(rig.shown('west'), []);
    assert.deepEqual(rig.shown('bank'), []);
    assert.equal(rig.shown('shop').length, 2);
  });

  it('takes services of the same namespace only', () => {
    const rig = new SelectionRig();
    rig.put('east', service('web', { ...web, namespace: 'bank' }));
    rig.put('east', slice('web-1', 'web', { ...from('10.1.0.1'), namespace: 'bank' }));
    rig.put(null, federated('global', 'app == "web"')).start();
    assert.deepEqual(rig.shown('global'), []);
    assert.equal(rig.selection.state('shop', 'global').state, 'no-matches');
  });

  for (const annotation of ['app == "x"', 'broken ==', '']) {
    it(`never takes one that has the annotation ${JSON.stringify(annotation)} itself, in any cluster`, () => {
      const rig = new SelectionRig().put(null, federated('global', 'all()'));
      for (const cluster of [null, 'east']) {
        rig.put(cluster, federated('other', annotation, web), slice('other-1', 'other', from('10.1.0.1')));
      }
      assert.deepEqual(rig.start().shown('global'), []);
    });
  }

  it('takes nothing of a service of type ExternalName, and says so', () => {
    const rig = new SelectionRig().put(null, federated('global', 'app == "web"'));
    rig.put('east', service('web', { ...web, type: 'ExternalName', externalName: 'a.example' }));
    rig.put('east', slice('web-1', 'web', from('10.1.0.1'))).start();
    const { parts, warnings, state } = rig.selection.desired('shop', 'global');
    assert.deepEqual([parts, state], [[], 'no-matches']);
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['ExternalNameSkipped'],
    );
    assert.match(warnings[0]?.message ?? '', /web of east/);
  });

  it('takes slices by their service-name label, but none that it wrote itself', () => {
    const rig = webIn(new SelectionRig(), 'east', '10.1.0.1');
    const ours = labels({ [MANAGED_BY_LABEL]: MANAGED_BY });
    rig.put('east', slice('web-2', 'web', { ...from('10.1.0.2'), labels: ours }));
    rig.put('east', slice('web-3', 'other', from('10.1.0.3')));
    rig.put(null, federated('global', 'app == "web"')).start();
    assert.deepEqual(rig.shown('global'), ['east IPv4 [http:80/TCP] 10.1.0.1']);
  });

  it('takes nothing of FQDN slices, and says so (promise 14)', () => {
    const rig = webIn(new SelectionRig(), 'east', '10.1.0.1');
    rig.put('east', slice('web-2', 'web', { ...from('db.example.com'), addressType: 'FQDN' }));
    rig.put(null, federated('global', 'app == "web"')).start();
    assert.deepEqual(rig.shown('global'), ['east IPv4 [http:80/TCP] 10.1.0.1']);
    const { warnings } = rig.selection.desired('shop', 'global');
    assert.deepEqual(warnings, [
      {
        code: 'FqdnSlicesSkipped',
        message: 'left out: slices of addressType FQDN give no endpoints: web-2 of east',
      },
    ]);
  });
});

describe('which ports are taken', () => {
  const give = (rig: SelectionRig, name: string, ports: Parameters<typeof slice>[2]) =>
    rig.put('east', slice(name, 'web', { ...from('10.1.0.1'), ...ports }));
  const rigWith = () => new SelectionRig().put('east', service('web', web));

  it('takes equal name and protocol, with the number of the backing data', () => {
    const rig = give(rigWith(), 'web-1', {
      ports: [slicePort('http', 8080), slicePort('metrics', 9090), slicePort('http', 53, 'UDP')],
    });
    rig.put(null, federated('global', 'all()')).start();
    assert.deepEqual(rig.shown('global'), ['east IPv4 [http:8080/TCP] 10.1.0.1']);
  });

  it('takes unnamed with unnamed', () => {
    const rig = give(rigWith(), 'web-1', { ports: [slicePort('', 8080)] });
    rig
      .put(null, federated('named', 'all()'), federated('unnamed', 'all()', { ports: [servicePort('')] }))
      .start();
    assert.deepEqual(rig.shown('named'), []);
    assert.deepEqual(rig.shown('unnamed'), ['east IPv4 [:8080/TCP] 10.1.0.1']);
  });

  it('carries appProtocol, but not one of a remote that the API server would refuse', () => {
    const ports = (appProtocol: string) => [{ ...slicePort('http'), appProtocol }];
    const rig = give(rigWith(), 'web-1', { ports: ports('kubernetes.io/h2c') });
    rig.put(null, federated('global', 'all()')).start();
    const taken = () => rig.selection.desired('shop', 'global').parts[0]?.ports[0]?.appProtocol;
    assert.equal(taken(), 'kubernetes.io/h2c');
    give(rig, 'web-1', { ports: ports('not a name') });
    assert.equal(taken(), '');
  });

  it('takes no port without a number, since nothing can be sent there (KEP-0752: all ports)', () => {
    const rig = give(rigWith(), 'web-1', { ports: [{ ...slicePort('http'), port: undefined }] });
    rig.put(null, federated('global', 'all()')).start();
    assert.deepEqual(rig.shown('global'), []);
  });

  it('takes all addresses without ports where it is headless and has none (promise 14)', () => {
    const rig = give(rigWith(), 'web-1', { ports: [slicePort('any', 9)] });
    give(rig, 'web-2', { ports: [], endpoints: [endpoint('10.1.0.2')] });
    const headless = { clusterIPs: ['None'] };
    rig.put(
      null,
      federated('portless', 'all()', { ...headless, ports: [] }),
      federated('ported', 'all()', headless),
    );
    rig.put(null, federated('not-headless', 'all()', { ports: [] })).start();
    assert.deepEqual(rig.shown('portless'), ['east IPv4 [] 10.1.0.1 10.1.0.2']);
    assert.deepEqual(rig.shown('ported'), []);
    assert.deepEqual(rig.shown('not-headless'), []);
  });
});

describe('how endpoints are carried', () => {
  const full = endpoint('10.1.0.1', {
    serving: true,
    terminating: false,
    hostname: 'web-0',
    nodeName: 'node-1',
    zone: 'zone-a',
    targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-abc', uid: 'u' },
  });
  const carried = (cluster: string | null, more: Parameters<typeof endpoint>[1], own = {}) => {
    const rig = new SelectionRig().put(cluster, service('web', web));
    rig.put(cluster, slice('web-1', 'web', { endpoints: [{ ...full, ...more }] }));
    rig.put(null, federated('global', 'app == "web"', own)).start();
    return rig.selection.desired('shop', 'global').parts[0]?.endpoints;
  };

  it('leaves local ones as they are', () => {
    assert.deepEqual(carried(null, {}), [full]);
  });

  it('drops nodeName of remote ones and puts the cluster before the name of the target (promise 14)', () => {
    const targetRef = { kind: 'Pod', namespace: 'shop', name: 'east/web-abc', uid: 'u' };
    assert.deepEqual(carried('east', {}), [{ ...full, nodeName: '', targetRef }]);
  });

  it('reads ready as true where it is not given, and takes the first address only', () => {
    const [only] = carried('east', { ready: undefined, addresses: ['10.1.0.7', '10.1.0.8'] }) ?? [];
    assert.deepEqual([only?.ready, only?.addresses], [true, ['10.1.0.7']]);
  });

  it('makes all ready where the federated service publishes not-ready addresses, as Kubernetes does', () => {
    const leaving = { ready: false, serving: false, terminating: true };
    const [only] = carried('east', leaving, { publishNotReadyAddresses: true }) ?? [];
    assert.deepEqual([only?.ready, only?.serving, only?.terminating], [true, false, true]);
    assert.equal(carried('east', leaving)?.[0]?.ready, false);
  });

  it('leaves out of a remote one what the API server would refuse the slice for', () => {
    const long = 'x'.repeat(300);
    const bad = {
      hostname: 'Not_A_Label',
      zone: 'a b',
      targetRef: { kind: 'Pod', namespace: '', name: long, uid: '' },
    };
    const [only] = carried('east', bad) ?? [];
    assert.deepEqual([only?.hostname, only?.zone, only?.targetRef], ['', '', undefined]);
  });

  it('keeps both families apart', () => {
    const rig = new SelectionRig().put('east', service('web', web));
    rig.put('east', slice('web-1', 'web', from('10.1.0.1')));
    rig.put('east', slice('web-2', 'web', { addressType: 'IPv6', endpoints: [endpoint('fd00::1')] }));
    rig.put(null, federated('global', 'all()')).start();
    assert.deepEqual(rig.shown('global'), [
      'east IPv4 [http:80/TCP] 10.1.0.1',
      'east IPv6 [http:80/TCP] fd00::1',
    ]);
  });

  it("refuses addresses inside the local cluster's service range, names them, and stops when it changes", () => {
    const rig = webIn(new SelectionRig(), 'east', '10.96.0.5');
    rig.put('east', slice('web-2', 'web', { addressType: 'IPv6', endpoints: [endpoint('fd96::5')] }));
    rig.put('east', slice('web-3', 'web', from('10.1.0.1')));
    rig.cidrs = ['10.96.0.0/12', 'fd96::/112', 'nonsense'];
    rig.put(null, federated('global', 'all()')).start();
    assert.deepEqual(rig.shown('global'), ['east IPv4 [http:80/TCP] 10.1.0.1']);
    const { warnings } = rig.selection.desired('shop', 'global');
    assert.equal(warnings[0]?.code, 'AddressesRefused');
    assert.match(warnings[0]?.message ?? '', /10\.96\.0\.5 \(10\.96\.0\.0\/12\) of east, fd96::5/);
    rig.cidrs = undefined;
    assert.equal(rig.shown('global').length, 2);
  });
});
