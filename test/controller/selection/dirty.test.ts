import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DirtyCause } from '../../../src/controller/selection/dirty-marks.ts';
import { LabelSet } from '../../../src/model/label-set.ts';
import { labels, service, slice } from '../../index/fixtures.ts';
import { federated, SelectionRig, servicePort } from './fixtures.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

const app = (name: string) => ({ labels: labels({ app: name }) });
const of = (address: string) => ({ endpoints: [endpoint(address)] });

/** shop/web-all and shop/db-all select web and db of east, both read once. */
function started(): SelectionRig {
  const rig = new SelectionRig().put('east', service('web', app('web')), service('db', app('db')));
  rig.put('east', slice('web-1', 'web', of('10.1.0.1')), slice('db-1', 'db', of('10.1.0.2')));
  rig.put('east', service('idle', app('idle')), slice('idle-1', 'idle', of('10.1.0.9')));
  rig.put(null, federated('web-all', 'app == "web"'), federated('db-all', 'app == "db"')).start();
  rig.takeDirty();
  read(rig);
  return rig;
}

function read(rig: SelectionRig): void {
  for (const { namespace, name } of rig.selection.keys()) rig.selection.desired(namespace, name);
}

const WEB = ['shop/web-all'];
const DB = ['shop/db-all'];
const BOTH = ['shop/db-all', 'shop/web-all'];

describe('marks', () => {
  it('constructs without following, and marks all at its start', () => {
    const rig = new SelectionRig().put(null, federated('a', 'all()'));
    assert.deepEqual([rig.takeDirty(), rig.selection.keys()], [[], []]);
    rig.start().start();
    assert.deepEqual(rig.takeDirty(), ['shop/a']);
    rig.selection.stop();
    rig.put(null, federated('b', 'all()'));
    assert.deepEqual([rig.takeDirty(), rig.selection.keys()], [[], []]);
    rig.start();
    assert.deepEqual(rig.takeDirty(), ['shop/a', 'shop/b']);
  });

  const cases: readonly [string, (rig: SelectionRig) => unknown, readonly string[]][] = [
    ['a slice that changes', (rig) => rig.put('east', slice('web-1', 'web', of('10.1.0.3'))), WEB],
    ['a slice that is added', (rig) => rig.put('east', slice('web-2', 'web', of('10.1.0.3'))), WEB],
    ['a slice that is deleted', (rig) => rig.delete('east', 'EndpointSlice', 'web-1'), WEB],
    ['a slice that moves to another service', (rig) => rig.put('east', slice('web-1', 'db')), BOTH],
    ['a slice that moves away', (rig) => rig.put('east', slice('web-1', 'idle')), WEB],
    ['a slice of a service that nobody selects', (rig) => rig.put('east', slice('idle-1', 'idle')), []],
    [
      'a slice of another namespace',
      (rig) => rig.put('east', slice('web-1', 'web', { namespace: 'bank' })),
      [],
    ],
    ['a service whose labels change', (rig) => rig.put('east', service('web', app('db'))), BOTH],
    ['a service that stops to match', (rig) => rig.put('east', service('web', app('none'))), WEB],
    ['a service that starts to match', (rig) => rig.put('east', service('idle', app('db'))), DB],
    ['a service that is deleted', (rig) => rig.delete('east', 'Service', 'db'), DB],
    ['a service that gets the annotation', (rig) => rig.put('east', federated('db', '', app('db'))), DB],
    [
      'a service that becomes an ExternalName',
      (rig) => rig.put('east', service('db', { ...app('db'), type: 'ExternalName' })),
      DB,
    ],
    [
      'a change of a service that decides nothing',
      (rig) => rig.put('east', service('db', { ...app('db'), uid: 'other' })),
      [],
    ],
    ['a service of a new cluster', (rig) => rig.put('west', service('x', app('web'))), WEB],
    ['a local backing service', (rig) => rig.put(null, service('x', app('web'))), WEB],
    [
      'a local service recreated with another UID',
      (rig) => rig.put(null, federated('web-all', 'app == "web"', { uid: 'new' })),
      WEB,
    ],
    ['another selector', (rig) => rig.put(null, federated('web-all', 'app == "db"')), WEB],
    ['other ports', (rig) => rig.put(null, federated('web-all', 'app == "web"', { ports: [] })), WEB],
    [
      'a spec.selector',
      (rig) => rig.put(null, federated('web-all', 'app == "web"', { selector: labels({ a: 'b' }) })),
      WEB,
    ],
    ['the annotation taken away', (rig) => rig.put(null, service('web-all')), WEB],
    ['the federated service deleted', (rig) => rig.delete(null, 'Service', 'web-all'), WEB],
    [
      'the first federated service of a namespace',
      (rig) => rig.put(null, federated('a', 'all()', { namespace: 'bank' })),
      ['bank/a'],
    ],
    ['markAll', (rig) => rig.selection.markAll(), BOTH],
    ['markCluster of one that backs both', (rig) => rig.selection.markCluster('east'), BOTH],
    ['markCluster of one that backs none', (rig) => rig.selection.markCluster('west'), []],
    [
      'markCluster of the local one, which decides on every service',
      (rig) => rig.selection.markCluster(null),
      BOTH,
    ],
  ];
  for (const [title, change, expected] of cases) {
    it(`exactly what it touches: ${title}`, () => {
      const rig = started();
      change(rig);
      assert.deepEqual(rig.takeDirty(), expected);
    });
  }

  it('once for each service and commit, with the cause', () => {
    const rig = started();
    const causes: [string, DirtyCause][] = [];
    const stop = rig.selection.onDirty((_, name, cause) => causes.push([name, cause]));
    rig.putAll('east', [slice('web-1', 'web', of('10.1.0.4')), slice('web-2', 'web', of('10.1.0.5'))]);
    stop();
    rig.put('east', slice('web-3', 'web'));
    assert.deepEqual(causes, [['web-all', { kind: 'EndpointSlice', cluster: 'east', name: 'web-1' }]]);
  });

  it('a service that becomes a backing one again, with the slices that are there by then', () => {
    const rig = started();
    rig.put('east', service('web', app('none')), slice('web-2', 'web', of('10.1.0.3')));
    rig.put('east', service('web', app('web')));
    assert.deepEqual(rig.takeDirty(), WEB);
    assert.deepEqual(rig.shown('web-all'), ['east IPv4 [http:80/TCP] 10.1.0.1 10.1.0.3']);
    rig.delete('east', 'EndpointSlice', 'web-1');
    assert.deepEqual(rig.takeDirty(), WEB);
  });

  it('what had a part from a cluster, also when the cluster is gone', async () => {
    const rig = started();
    await rig.drop('east');
    assert.deepEqual(rig.takeDirty(), BOTH);
    rig.held.add('east');
    rig.selection.markCluster('east');
    assert.deepEqual(rig.takeDirty(), BOTH);
    rig.held.delete('east');
    rig.selection.markCluster('east');
    assert.deepEqual(rig.takeDirty(), BOTH, 'it is certain now that the cluster is gone');
    rig.selection.markCluster('east');
    assert.deepEqual(rig.takeDirty(), [], 'nothing is left of it to withdraw');
  });

  it('both sides of a slice that moved, also where it was read before its change was told', () => {
    const rig = new SelectionRig();
    let isArmed = false;
    // Told first: changes the local index, so that the remote one is read in the middle of telling its commit.
    rig.remote.onCommit(() => {
      if (!isArmed) return;
      isArmed = false;
      rig.put(null, federated('db-two', 'app == "db"'));
      read(rig);
      rig.takeDirty();
    });
    rig.put(
      'east',
      service('web', app('web')),
      service('db', app('db')),
      slice('db-1', 'db', of('10.1.0.2')),
    );
    rig.put(null, federated('web-all', 'app == "web"'), federated('db-all', 'app == "db"')).start();
    read(rig);
    rig.takeDirty();
    isArmed = true;
    rig.put('east', slice('db-1', 'web', of('10.1.0.2')));
    assert.deepEqual(rig.takeDirty(), ['shop/db-all', 'shop/db-two', 'shop/web-all']);
  });

  it('none for a local service with other annotations only', () => {
    const rig = started();
    rig.put(null, service('other', { annotations: LabelSet.fromRecord({ 'fedsyncd.io/x': 'y' }) }));
    assert.deepEqual(rig.takeDirty(), []);
  });
});

describe('what did not change', () => {
  it('is the same object in the next answer, for a large service', () => {
    const rig = new SelectionRig({ keepFrom: 2 });
    for (const cluster of ['east', 'west']) {
      rig.put(cluster, service('web'), slice('web-1', 'web', of('10.1.0.1')));
    }
    rig.put(null, federated('global', 'all()')).start();
    const [east, west] = rig.selection.desired('shop', 'global').parts;
    rig.put('east', slice('web-1', 'web', of('10.1.0.2')));
    const after = rig.selection.desired('shop', 'global').parts;
    assert.equal(after[1], west);
    assert.notEqual(after[0], east);
  });

  it('is made anew where the federated service itself changed', () => {
    const rig = new SelectionRig({ keepFrom: 0 }).put(
      'east',
      service('web'),
      slice('web-1', 'web', of('10.1.0.1')),
    );
    rig.put(null, federated('global', 'all()')).start();
    assert.equal(rig.shown('global').length, 1);
    rig.put(null, federated('global', 'all()', { ports: [servicePort('https')] }));
    assert.deepEqual(rig.shown('global'), []);
  });
});
