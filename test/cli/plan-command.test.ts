import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { PlanDocument } from '../../src/contract/controller-documents.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { ControllerFixture, edit, plan } from '../telemetry/controller-fixture.ts';
import { FleetFixture, lister } from '../telemetry/fleet-fixture.ts';
import { fedsyncd } from './console-fixture.ts';

function newTelemetry(): Telemetry {
  return new Telemetry({ version: '1.2.3', interfacePrefix: 'cali', logLevel: 'silent', clock: systemClock });
}

const ANYWHERE = { host: '127.0.0.1', port: 0 };

describe('plan', () => {
  const telemetry = newTelemetry();
  const controller = new ControllerFixture();
  let ops: readonly string[] = [];

  before(async () => {
    const engine = { fleet: new FleetFixture(), lister: lister(), controller };
    ops = ['--ops-address', await telemetry.start(ANYWHERE, engine)];
  });
  after(() => telemetry.close());
  beforeEach(() => controller.asked.splice(0));

  async function shown(
    document: PlanDocument,
    ...argv: readonly string[]
  ): Promise<{ code: number; out: string }> {
    controller.document = document;
    return fedsyncd(['plan', ...argv, ...ops]);
  }

  it('ends with 0 where there is nothing to write', async () => {
    const { code, out } = await shown(plan());
    assert.equal(out, 'Nothing to write: all 3 federated services are as they should be.\n');
    assert.equal(code, 0);
  });

  it('does not say that all is well where it does not know', async () => {
    const held = [{ cluster: 'north', why: 'its services were not listed completely yet' }];
    const { code, out } = await shown(plan({ held }));
    assert.equal(
      out,
      [
        'Left as it is: the part of cluster north: its services were not listed completely yet',
        'Nothing to write: all 3 federated services are as they can be now.',
        '',
      ].join('\n'),
    );
    assert.equal(code, 0, 'it waits, and nothing is wrong');
    const missing = await shown(
      plan({ notes: ['nothing can be planned yet: Endpoints are not listed yet'] }),
    );
    assert.match(missing.out, /^Note: nothing can be planned yet: Endpoints are not listed yet$/m);
    assert.equal(missing.code, 1);
  });

  it('is a diff, and ends with 1', async () => {
    const edits = [
      edit({ added: ['10.1.0.1 ready', '10.1.0.2 not ready'], note: 'IPv4, ports http:8080/TCP' }),
      edit({
        op: 'update',
        name: 'cart-aaaaaaaaaa-0',
        rank: 'not-ready',
        added: [],
        changed: ['10.2.0.1 ready → not ready'],
        removed: ['10.2.0.9 ready'],
        more: 7,
      }),
      edit({ op: 'delete', name: 'cart-bbbbbbbbbb-0', cluster: null, rank: 'withdraw', phase: 2, added: [] }),
      edit({
        op: 'label',
        kind: 'Endpoints',
        name: 'cart',
        cluster: null,
        rank: 'cosmetic',
        phase: 2,
        added: [],
      }),
    ];
    const { code, out } = await shown(plan({ edits, emptied: ['shop/cart'] }));
    assert.equal(
      out,
      [
        '+ create EndpointSlice shop/cart-0123456789-0 (service cart, cluster east; add)',
        '    + 10.1.0.1 ready',
        '    + 10.1.0.2 not ready',
        '    IPv4, ports http:8080/TCP',
        '~ update EndpointSlice shop/cart-aaaaaaaaaa-0 (service cart, cluster east; not-ready)',
        '    - 10.2.0.9 ready',
        '    ~ 10.2.0.1 ready → not ready',
        '    … and 7 more',
        '- delete EndpointSlice shop/cart-bbbbbbbbbb-0 (service cart; withdraw, after the writes before it)',
        '~ label Endpoints shop/cart (service cart; cosmetic, after the writes before it)',
        'Warning: shop/cart would have no ready endpoint any more.',
        '1 to create, 1 to update, 1 to delete, 1 to label, for 3 federated services.',
        'This daemon writes.',
        '',
      ].join('\n'),
    );
    assert.equal(code, 1);
  });

  it('says who writes', async () => {
    const edits = [edit()];
    for (const [over, expected] of [
      [{}, 'This daemon writes.'],
      [{ mayWrite: false }, 'fedsyncd-0_abc holds the Lease and writes.'],
      [{ mayWrite: false, holder: null }, 'Nobody holds the Lease now.'],
      [{ mayWrite: false, dryRun: true }, 'This daemon runs with --dry-run and writes nothing.'],
    ] as const) {
      const { out } = await shown(plan({ edits, ...over }));
      assert.equal(out.trimEnd().split('\n').at(-1), expected);
    }
  });

  it('says that there is more than is shown', async () => {
    const totals = { create: 5000, update: 0, delete: 0, label: 0 };
    const { out } = await shown(plan({ edits: [edit()], totals, truncated: true }));
    assert.match(out, /^There are more; these are the first\.\n5000 to create, 0 to update, 0 to delete, /m);
  });

  it('--without asks for the removal of a cluster', async () => {
    const { code, out } = await shown(
      plan({ edits: [edit({ op: 'delete', added: [] })] }),
      '--without',
      'prod-eu.east',
    );
    assert.deepEqual(controller.asked, ['prod-eu.east']);
    assert.match(out, /^If the remote cluster prod-eu\.east were removed:\n- delete EndpointSlice/);
    assert.match(out, /\nNothing of this is written now\.\n$/);
    assert.equal(code, 1);
    assert.equal((await fedsyncd(['plan', '--without', '', ...ops])).code, 2, 'no name');
  });

  it('-o json is the document of /plan', async () => {
    const document = plan({ edits: [edit()] });
    const { code, out } = await shown(document, '-o', 'json');
    assert.deepEqual(JSON.parse(out), document);
    assert.equal(code, 1);
  });

  it('text of the API cannot steer the terminal', async () => {
    const edits = [edit({ service: 'a\u001b[2J', added: ['10.1.0.1\u009b31m\nfake'], note: 'x\u202e' })];
    for (const format of ['table', 'json']) {
      const { out } = await shown(plan({ edits, notes: ['a\rb'], emptied: ['c\u0007'] }), '-o', format);
      // eslint-disable-next-line no-control-regex -- they are what is looked for
      assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(out), JSON.stringify(out));
    }
  });
});

describe('plan without an answer', () => {
  it('ends with 3 where no daemon is, 1 where it has no controller', async () => {
    const gone = await fedsyncd(['plan', '--ops-address', '127.0.0.1:1']);
    assert.equal(gone.code, 3);
    assert.match(gone.err, /^fedsyncd: no daemon at 127\.0\.0\.1:1: nothing listens there\n$/);
    const telemetry = newTelemetry();
    const address = await telemetry.start(ANYWHERE, { fleet: new FleetFixture(), lister: lister() });
    for (const argv of [['plan'], ['explain', 'shop/cart']]) {
      const { code, err } = await fedsyncd([...argv, '--ops-address', address]);
      assert.equal(code, 1);
      assert.match(
        err,
        /^fedsyncd: no controller runs in this daemon; --controllers federated-services starts one\n$/,
      );
    }
    await telemetry.close();
  });
});
