import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServiceExplainDocument } from '../../src/contract/controller-documents.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { ControllerFixture, candidate, edit, explanation } from '../telemetry/controller-fixture.ts';
import { FleetFixture, lister } from '../telemetry/fleet-fixture.ts';
import { fedsyncd } from './console-fixture.ts';

describe('explain NAMESPACE/SERVICE', () => {
  const telemetry = new Telemetry({
    version: '1.2.3',
    interfacePrefix: 'cali',
    logLevel: 'silent',
    clock: systemClock,
  });
  const controller = new ControllerFixture();
  let ops: readonly string[] = [];

  before(async () => {
    const engine = { fleet: new FleetFixture(), lister: lister(), controller };
    ops = ['--ops-address', await telemetry.start({ host: '127.0.0.1', port: 0 }, engine)];
  });
  after(() => telemetry.close());

  async function shown(document: ServiceExplainDocument, ...argv: readonly string[]) {
    controller.services.set('shop/cart', document);
    return fedsyncd(['explain', 'shop/cart', ...argv, ...ops]);
  }

  it('shows selector, candidates, what is written and who writes', async () => {
    const document = explanation({
      candidates: [
        candidate(),
        candidate({
          cluster: 'west',
          service: 'cart-v2',
          taken: 3,
          ready: 3,
          missingPorts: ['metrics/TCP'],
          leftOut: [
            {
              reason: "addresses inside this cluster's own service range",
              count: 3,
              examples: ['10.96.0.1'],
            },
          ],
        }),
        candidate({
          cluster: null,
          service: 'db',
          matched: false,
          ports: [],
          why: 'the selector does not match its labels',
        }),
      ],
      notInSync: [{ cluster: 'west', status: 'NotConnecting', reason: 'Timeout' }],
      held: [{ cluster: 'north', why: 'its services were not listed completely yet' }],
      warnings: ['left out: slices of addressType FQDN give no endpoints: web-1 of west'],
      objects: [
        {
          kind: 'EndpointSlice',
          name: 'cart-0123456789-0',
          cluster: 'east',
          family: 'IPv4',
          ports: ['http 8080/TCP'],
          endpoints: 2,
          ready: 1,
        },
        {
          kind: 'EndpointSlice',
          name: 'cart-aaaaaaaaaa-0',
          cluster: null,
          family: 'IPv6',
          ports: [],
          endpoints: 1,
          ready: 1,
        },
      ],
      pending: [edit()],
      writer: {
        mayWrite: false,
        holder: 'fedsyncd-1_def',
        dryRun: false,
        state: 'waiting',
        problem: 'forbidden: create EndpointSlice',
        lastWrite: {
          time: '2026-03-04T05:06:07.000Z',
          what: 'update EndpointSlice cart-0123456789-0, because of EndpointSlice cart-1 of east',
        },
      },
    });
    const { code, out } = await shown(document);
    assert.equal(
      out,
      [
        'shop/cart is federated',
        "  Selector: app == 'cart'",
        '  Candidates:',
        '    CLUSTER  SERVICE  MATCHED  PORTS          READY  WHY',
        '    east     cart     yes      http 8080/TCP  1/2    -',
        '    west     cart-v2  yes      http 8080/TCP  3/3    no port metrics/TCP',
        '    (local)  db       no       -              -      the selector does not match its labels',
        "  Left out of west cart-v2: 3 addresses inside this cluster's own service range (10.96.0.1, …)",
        '  Not in sync: cluster west is NotConnecting (Timeout); its endpoints stay as they were',
        '  Left as it is: cluster north: its services were not listed completely yet',
        '  Warning: left out: slices of addressType FQDN give no endpoints: web-1 of west',
        '  Written:',
        '    NAME               CLUSTER  FAMILY  PORTS          READY',
        '    cart-0123456789-0  east     IPv4    http 8080/TCP  1/2',
        '    cart-aaaaaaaaaa-0  (local)  IPv6    all            1/1',
        '  Writer: waiting, 1 write(s) to do; fedsyncd-1_def holds the Lease',
        '  Last write: 2026-03-04T05:06:07.000Z: update EndpointSlice cart-0123456789-0, because of EndpointSlice cart-1 of east',
        '  Problem: forbidden: create EndpointSlice',
        '',
      ].join('\n'),
    );
    assert.equal(code, 0);
  });

  it('ends with 1 for a service that is not federated, and says why', async () => {
    const document = explanation({
      state: 'has-selector',
      message: 'not federated: it has a spec.selector, so Kubernetes chooses its endpoints',
      selector: null,
      candidates: [],
    });
    const { code, out } = await shown(document);
    assert.equal(
      out,
      [
        'shop/cart is has-selector: not federated: it has a spec.selector, so Kubernetes chooses its endpoints',
        '  Candidates: none',
        '  Written: none',
        '  Writer: idle, nothing to write; this daemon writes',
        '',
      ].join('\n'),
    );
    assert.equal(code, 1);
  });

  it('says who writes', async () => {
    const { writer } = explanation();
    for (const [over, expected] of [
      [{ dryRun: true, mayWrite: false }, 'dry run'],
      [{ mayWrite: false, holder: null }, 'nobody holds the Lease'],
    ] as const) {
      const { out } = await shown(explanation({ writer: { ...writer, ...over } }));
      assert.ok(out.includes(`nothing to write; ${expected}\n`), out);
    }
  });

  it('shows all that match and a few of those that do not, where there are many', async () => {
    const matching = Array.from({ length: 20 }, (_, i) => candidate({ service: `cart-${i}` }));
    const others = Array.from({ length: 40 }, (_, i) => candidate({ service: `other-${i}`, matched: false }));
    const { out } = await shown(explanation({ candidates: [...matching, ...others] }));
    assert.equal(out.match(/ {4}east +cart-/g)?.length, 20);
    assert.equal(out.match(/ {4}east +other-/g)?.length, 5);
    assert.match(out, /^ {4}… and 35 that the selector does not match \(all with -o json\)$/m);
  });

  it('-o json is the document of /explain', async () => {
    const { code, out } = await shown(explanation(), '-o', 'json');
    assert.deepEqual(JSON.parse(out), explanation());
    assert.equal(code, 0);
  });

  it('ends with 1 where there is no such service, 2 where the name is none, 3 where no daemon is', async () => {
    const missing = await fedsyncd(['explain', 'shop/none', ...ops]);
    assert.deepEqual(
      [missing.code, missing.err],
      [1, 'fedsyncd: the local cluster has no Service shop/none\n'],
    );
    for (const name of ['shop', 'shop/', 'Shop/web', 'a/b/c', 'shop/web?x=1']) {
      const { code, err } = await fedsyncd(['explain', name, ...ops]);
      assert.equal(code, 2, name);
      assert.match(err, /is neither an IP address nor NAMESPACE\/SERVICE/);
    }
    assert.equal((await fedsyncd(['explain', 'shop/cart', '--ops-address', '127.0.0.1:1'])).code, 3);
  });

  it('text of the API cannot steer the terminal', async () => {
    const document = explanation({
      message: 'x\u001b[2J\nfake',
      candidates: [
        candidate({ service: 'a\u009b31m', leftOut: [{ reason: 'b', count: 1, examples: ['c\u0007'] }] }),
      ],
      warnings: ['d\u202e\r'],
    });
    for (const format of ['table', 'json']) {
      const { out } = await shown(document, '-o', format);
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(out), JSON.stringify(out));
    }
  });
});
